import type { JobJson } from '@esclusa/contract';
import Docker from 'dockerode';
import { type Attempt, type AttemptFound, type AttemptId, type AttemptSpec, type Engine, EngineError, type EngineHealth, type OutputSink } from '../engine.ts';
import { DockerAttempt } from './attempt.ts';
import { JobImages } from './describe.ts';
import { engineError, statusOf, tolerate } from './failure.ts';
import { imageName, jobOfImage } from './image-name.ts';
import { containerName, toContainer } from './to-container.ts';

/** Settings of the Docker engine. */
export interface DockerEngineOptions {
  /** `unix:///path` or `tcp://host:port`; the local socket by default. */
  readonly host?: string | undefined;
  /** Network that jobs join. */
  readonly network: string;
  readonly imagePrefix: string;
}

const HEALTH_TIMEOUT_MS = 5_000;

/** Starts jobs as containers of a Docker Engine. */
export class DockerEngine implements Engine {
  readonly name = 'docker';
  readonly capabilities = { adopts: true, limits: true, isolates: true };
  readonly warnings: readonly string[] = [];
  readonly #docker: Docker;
  readonly #network: string;
  readonly #prefix: string;
  readonly #images: JobImages;

  constructor(options: DockerEngineOptions) {
    this.#docker = new Docker(connection(options.host));
    this.#network = options.network;
    this.#prefix = options.imagePrefix;
    this.#images = new JobImages(this.#docker, options.imagePrefix);
  }

  async health(): Promise<EngineHealth> {
    const timeUp = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(`the Docker daemon did not answer within ${HEALTH_TIMEOUT_MS} ms`)), HEALTH_TIMEOUT_MS).unref();
    });
    try {
      const info = (await Promise.race([this.#docker.info(), timeUp])) as { ID: string; ServerVersion: string };
      return { ok: true, identity: info.ID, version: info.ServerVersion };
    } catch (error) {
      return { ok: false, problem: engineError(error, 'asking for its state').message };
    }
  }

  async jobs(): Promise<string[]> {
    try {
      const images = await this.#docker.listImages();
      const jobs = images.flatMap(({ RepoTags }) => RepoTags ?? []).flatMap((tag) => jobOfImage(this.#prefix, tag) ?? []);
      return [...new Set(jobs)].toSorted();
    } catch (error) {
      throw engineError(error, 'listing images');
    }
  }

  async describe(job: string): Promise<JobJson> {
    return (await this.#images.get(job)).job;
  }

  async start(spec: AttemptSpec, output: OutputSink): Promise<Attempt> {
    const { user } = await this.#images.get(spec.job);
    const options = toContainer(spec, { imagePrefix: this.#prefix, network: this.#network, imageUser: user });
    let container: Docker.Container | undefined;
    try {
      container = await this.#docker.createContainer(options);
      return await DockerAttempt.start(spec, container, output);
    } catch (error) {
      // The name is taken: this attempt was created before, perhaps by a call whose answer was lost.
      if (container === undefined && statusOf(error) === 409) return this.#resume(spec, output);
      // A container that could not be started would stay behind; the first cause is what is told.
      if (container !== undefined) await tolerate(container.remove({ force: true, v: true }), 404, 409).catch(() => {});
      if (container === undefined && statusOf(error) === 404) {
        throw new EngineError('IMAGE_MISSING', `the image ${imageName(this.#prefix, spec.job)} is not built; build it with ./build-images.sh ${spec.job}`, {
          cause: error,
        });
      }
      throw engineError(error, 'starting the container');
    }
  }

  async adopt(id: AttemptId, installation: string, output: OutputSink): Promise<Attempt | undefined> {
    try {
      const container = this.#docker.getContainer(containerName({ ...id, installation }));
      const inspected = (await tolerate(container.inspect(), 404)) ?? (await this.#findByLabels(id, installation));
      if (inspected === undefined) return undefined;
      return await DockerAttempt.adopt(id, this.#docker.getContainer(inspected.Id), inspected.State.Status, output);
    } catch (error) {
      throw engineError(error, 'adopting a container');
    }
  }

  async list(installation: string): Promise<AttemptFound[]> {
    try {
      const containers = await this.#docker.listContainers({ all: true, filters: { label: [`esclusa.installation=${installation}`, 'esclusa.run'] } });
      return containers.map(({ Id, State, Labels }) => ({
        run: Labels['esclusa.run'] ?? '',
        attempt: Number(Labels['esclusa.attempt'] ?? 1),
        mode: Labels['esclusa.mode'] ?? 'run',
        handle: Id,
        state: State === 'created' ? 'created' : State === 'exited' || State === 'dead' ? 'ended' : 'running',
        labels: Labels,
      }));
    } catch (error) {
      throw engineError(error, 'listing containers');
    }
  }

  async #resume(spec: AttemptSpec, output: OutputSink): Promise<Attempt> {
    const found = await this.adopt(spec, spec.installation, output);
    if (found === undefined)
      throw new EngineError('ENGINE_FAILED', `the name of attempt ${spec.run}/${spec.attempt} is taken by a container that is not there`);
    return found;
  }

  async #findByLabels({ run, attempt }: AttemptId, installation: string): Promise<Docker.ContainerInspectInfo | undefined> {
    const label = [`esclusa.installation=${installation}`, `esclusa.run=${run}`, `esclusa.attempt=${attempt}`];
    const [found] = await this.#docker.listContainers({ all: true, filters: { label } });
    return found === undefined ? undefined : tolerate(this.#docker.getContainer(found.Id).inspect(), 404);
  }
}

function connection(host: string | undefined): Docker.DockerOptions {
  if (host === undefined) return { socketPath: '/var/run/docker.sock' };
  const url = new URL(host);
  if (url.protocol === 'unix:') return { socketPath: url.pathname };
  return { protocol: 'http', host: url.hostname, port: url.port === '' ? 2375 : Number(url.port) };
}
