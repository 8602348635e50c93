import { setTimeout as sleep } from 'node:timers/promises';
import type { JobJson } from '@esclusa/contract';
import type Docker from 'dockerode';
import { type Attempt, type AttemptFound, type AttemptId, type AttemptSpec, type Engine, EngineError, type EngineHealth, type OutputSink } from '../engine.ts';
import { checkEnvironment } from '../environment.ts';
import { bounded } from './call.ts';
import { connectDocker } from './connect.ts';
import { ContainerAttempt, type NamedAttempt, removeContainer } from './container.ts';
import { JobImages, missingImage } from './describe.ts';
import { engineError, isGone, isUnreachable, statusOf } from './failure.ts';
import { imageName, jobOfImage } from './image-name.ts';
import { attach } from './stdin.ts';
import { type ContainerPlan, LABELS, toContainer } from './to-container.ts';
import type { WatchOptions } from './watch.ts';

/** Settings of the Docker engine. */
export interface DockerEngineOptions extends Partial<WatchOptions> {
  /** `unix:///path` or `tcp://host:port`; the local socket by default. */
  readonly host?: string | undefined;
  /** Network that jobs join. */
  readonly network: string;
  readonly imagePrefix: string;
}

const HEALTH_TIMEOUT_MS = 3_000;
const DEFAULTS: WatchOptions = { callTimeoutMs: 30_000, pollMs: 10_000, unreachableAfterMs: 60_000 };
// A name is taken, and a container listed, while it is being created or removed.
const CREATE_TRIES = 20;
const CREATE_PAUSE_MS = 200;

/** Starts jobs as containers of a Docker Engine. */
export class DockerEngine implements Engine {
  readonly name = 'docker';
  readonly capabilities = { adopts: true, limits: true, isolates: true, keeps: true };
  readonly warnings: readonly string[] = [];
  readonly surroundings: string;
  readonly #docker: Docker;
  readonly #network: string;
  readonly #prefix: string;
  readonly #images: JobImages;
  readonly #options: WatchOptions;

  constructor(options: DockerEngineOptions) {
    const { callTimeoutMs, pollMs, unreachableAfterMs } = { ...DEFAULTS, ...options };
    this.#options = { callTimeoutMs, pollMs, unreachableAfterMs };
    this.#docker = connectDocker(options.host);
    this.#network = options.network;
    this.surroundings = `the job was on the Docker network "${options.network}" (DOCKER_NETWORK); \`docker network ls\` lists the others`;
    this.#prefix = options.imagePrefix;
    this.#images = new JobImages(this.#docker, options.imagePrefix, callTimeoutMs);
  }

  async health(): Promise<EngineHealth> {
    try {
      const info: unknown = await bounded('info', HEALTH_TIMEOUT_MS, () => this.#docker.info());
      const { ID, ServerVersion, SecurityOptions } = info as { ID: string; ServerVersion: string; SecurityOptions?: readonly string[] | null };
      const warnings = hostWarnings(SecurityOptions ?? []);
      return { ok: true, identity: ID, version: ServerVersion, ...(warnings.length > 0 ? { warnings } : {}) };
    } catch (error) {
      return { ok: false, problem: engineError(error, 'asking for its state').message };
    }
  }

  async jobs(): Promise<string[]> {
    const images = await this.#call('listing images', (abortSignal) => this.#docker.listImages({ abortSignal }));
    const jobs = images.flatMap(({ RepoTags }) => RepoTags ?? []).flatMap((tag) => jobOfImage(this.#prefix, tag) ?? []);
    return [...new Set(jobs)].toSorted();
  }

  async describe(job: string): Promise<JobJson> {
    return this.#images.describe(job);
  }

  async image(job: string, described?: JobJson): Promise<string> {
    return (await this.#images.imageOf(job, described)).id;
  }

  async start(spec: AttemptSpec, output: OutputSink, made?: () => void): Promise<Attempt> {
    checkEnvironment(spec);
    const plan = toContainer(spec, { image: await this.#images.config(spec.job, spec.image), network: this.#network });
    for (let left = CREATE_TRIES; ; left--) {
      const created = await this.#create(plan, spec.job);
      if (created !== undefined) {
        made?.();
        const begun = await this.#beginUnlessGone(spec, created, output, left > 0);
        if (begun === undefined) continue;
        return begun;
      }
      // The name is taken: this attempt was created before, perhaps by a call whose answer was lost.
      const there = await this.adopt(spec, spec.installation, output);
      if (there !== undefined) return there;
      if (left === 0) throw new EngineError('ENGINE_FAILED', `the name ${plan.name} is taken by a container that is not this attempt's; remove it`);
      await sleep(CREATE_PAUSE_MS);
    }
  }

  async adopt(id: AttemptId, installation: string, output: OutputSink): Promise<Attempt | undefined> {
    const labels = { [LABELS.installation]: installation, [LABELS.run]: id.run, [LABELS.attempt]: String(id.attempt) };
    const named = { ...id, installation };
    for (let left = CREATE_TRIES; ; left--) {
      const [found] = await this.#list(labels);
      if (found === undefined) return undefined;
      const container = this.#docker.getContainer(found.Id);
      if (found.State !== 'created') return new ContainerAttempt(named, container, { over: isOver(found.State) }, output, this.#options);
      // A gateway that died between create and start leaves one that nobody else will start.
      const begun = await this.#beginUnlessGone(named, container, output, left > 0);
      if (begun !== undefined) return begun;
      await sleep(CREATE_PAUSE_MS);
    }
  }

  async list(installation: string): Promise<AttemptFound[]> {
    const containers = await this.#list({ [LABELS.installation]: installation });
    return containers.flatMap(({ Id, State, Labels, Created }) => {
      const { [LABELS.run]: run, [LABELS.attempt]: attempt, [LABELS.mode]: mode = 'run' } = Labels;
      if (run === undefined || attempt === undefined || State === 'removing') return [];
      const state = State === 'created' ? 'created' : isOver(State) ? 'ended' : 'running';
      return [{ run, attempt: Number(attempt), mode, handle: Id, state, createdAt: new Date(Created * 1_000), labels: Labels }];
    });
  }

  /**
   * Undefined when the container is not there: somebody pruned it before it was started, so nothing has happened in it;
   * or it is still being created, for Docker lists a container some milliseconds before it can be reached. Rejects unless the caller looks `again`.
   */
  async #beginUnlessGone(id: NamedAttempt, container: Docker.Container, output: OutputSink, again: boolean): Promise<Attempt | undefined> {
    try {
      return await this.#begin(id, container, output);
    } catch (error) {
      if (again && isGone((error as EngineError).cause)) return undefined;
      throw error;
    }
  }

  /** Attaches, then starts, so that not a byte is missed. */
  async #begin(id: NamedAttempt, container: Docker.Container, output: OutputSink): Promise<Attempt> {
    const { callTimeoutMs } = this.#options;
    const live = await attach(container, callTimeoutMs, { output: true }).catch(async (error: unknown) => {
      throw await this.#notStarted(container, error);
    });
    try {
      await bounded('start', callTimeoutMs, (abortSignal) => container.start({ abortSignal }));
      return new ContainerAttempt(id, container, { live }, output, this.#options);
    } catch (error) {
      live.destroy();
      // Somebody else started it, perhaps before we were attached: only the log has it all.
      if (statusOf(error) === 304) return new ContainerAttempt(id, container, {}, output, this.#options);
      throw await this.#notStarted(container, error);
    }
  }

  /** Clears a container away that can't be started, unless it may run yet: the daemon was lost, or somebody else is still creating it. */
  async #notStarted(container: Docker.Container, error: unknown): Promise<EngineError> {
    if (!isUnreachable(error) && !isGone(error)) {
      // The first cause is what is told, whatever becomes of the clean-up; a container that stays behind still bears its labels.
      await removeContainer(container, this.#options.callTimeoutMs).catch(() => undefined);
    }
    return engineError(error, 'starting the container');
  }

  /** Undefined when the name is taken. */
  async #create({ name, body }: ContainerPlan, job: string): Promise<Docker.Container | undefined> {
    // dockerode writes options into the URL too unless they are parted, and the environment must not stand in anybody's access log.
    const options = { _query: { name }, _body: body } as Docker.ContainerCreateOptions;
    try {
      return await bounded('create', this.#options.callTimeoutMs, (abortSignal) => this.#docker.createContainer({ ...options, abortSignal }));
    } catch (error) {
      if (statusOf(error) === 409) return undefined;
      if (statusOf(error) === 404 && /no such image/i.test(String(error))) throw missingImage(imageName(this.#prefix, job), job, error);
      throw engineError(error, 'creating the container');
    }
  }

  async #list(labels: Readonly<Record<string, string>>): Promise<Docker.ContainerInfo[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return this.#call('listing containers', (abortSignal) => this.#docker.listContainers({ all: true, filters: { label }, abortSignal }));
  }

  async #call<T>(doing: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await bounded(doing, this.#options.callTimeoutMs, call);
    } catch (error) {
      throw engineError(error, doing);
    }
  }
}

/** Warnings about confinement of jobs that the daemon's host lacks, as `docker info` reports it. */
export function hostWarnings(options: readonly string[]): string[] {
  const has = (name: string): boolean => options.some((option) => option.split(',').includes(`name=${name}`) && !option.includes('profile=unconfined'));
  return [
    ...(has('seccomp') ? [] : ['Docker runs containers without seccomp: jobs can make every system call (docker info, Security Options)']),
    ...(has('apparmor') || has('selinux') ? [] : ['the host has neither AppArmor nor SELinux for containers: one layer less around jobs']),
  ];
}

function isOver(state: string): boolean {
  return state === 'exited' || state === 'dead';
}
