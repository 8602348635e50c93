import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { JOB_LABEL, type JobJson, jobNameSchema } from '@esclusa/contract';
import type Docker from 'dockerode';
import { EngineError } from '../engine.ts';
import { readJobJson } from '../read-job-json.ts';
import { bounded } from './call.ts';
import { removeContainer } from './container.ts';
import { engineError, statusOf } from './failure.ts';
import { imageName } from './image-name.ts';
import { look } from './state.ts';
import { firstFile } from './tar.ts';
import { LABELS } from './to-container.ts';

const PATHS_IN_IMAGE = ['/app/job.json', '/job.json'];
// A container's name is taken while another gateway is still creating or removing it.
const READ_TRIES = 10;
const READ_PAUSE_MS = 200;
const GONE = Symbol('gone');

/** Reads what images say of their jobs, and remembers it by image id. */
export class JobImages {
  readonly #docker: Docker;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #known = new Map<string, JobJson>();
  /** Those that Docker is being asked for. */
  readonly #asked = new Map<string, Promise<Docker.ImageInspectInfo>>();

  constructor(docker: Docker, prefix: string, timeoutMs: number) {
    this.#docker = docker;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
  }

  /** What the job says of itself. Rejects with `IMAGE_MISSING`, `IMAGE_INVALID` or `ENGINE_UNREACHABLE`. */
  async describe(job: string): Promise<JobJson> {
    const { Id, Config } = await this.inspect(job);
    const known = this.#known.get(Id);
    if (known !== undefined) return known;
    const image = imageName(this.#prefix, job);
    const mend = `build it with ./build-images.sh ${job}`;
    const text = Config.Labels?.[JOB_LABEL] ?? (await this.#readFile(Id));
    if (text === undefined) {
      throw new EngineError('IMAGE_INVALID', `the image ${image} has neither the label ${JOB_LABEL} nor a file ${PATHS_IN_IMAGE.join(' or ')}; ${mend}`);
    }
    const described = readJobJson(text, job, `the image ${image}`, mend);
    this.#known.set(Id, described);
    return described;
  }

  /** What Docker knows of a job's image. Hundreds who ask at once are one question: the daemon takes long over as many. */
  inspect(job: string): Promise<Docker.ImageInspectInfo> {
    const asked = this.#asked.get(job);
    if (asked !== undefined) return asked;
    const asking = this.#inspect(job).finally(() => this.#asked.delete(job));
    this.#asked.set(job, asking);
    return asking;
  }

  async #inspect(job: string): Promise<Docker.ImageInspectInfo> {
    const name = imageName(this.#prefix, job);
    // A name that is none never reaches Docker's URL.
    if (!jobNameSchema.safeParse(job).success) throw missingImage(name, job);
    try {
      return await bounded('inspect image', this.#timeoutMs, (abortSignal) =>
        this.#docker.getImage(name).inspect({ abortSignal } as Docker.ImageInspectOptions),
      );
    } catch (error) {
      throw statusOf(error) === 404 ? missingImage(name, job, error) : engineError(error, `looking for the image ${name}`);
    }
  }

  /**
   * job.json out of an image that a plain `docker build` made, which has no label, through a container that is never started.
   * It has one name for each image: one that a killed gateway left is read from and removed by the next.
   */
  async #readFile(imageId: string): Promise<string | undefined> {
    const name = `esclusa-describe-${imageId.replace(/^sha256:/, '').slice(0, 12)}`;
    try {
      for (let tried = 0; tried < READ_TRIES; tried++) {
        const container = await this.#containerOf(imageId, name);
        const found = container === undefined ? GONE : await this.#firstOf(container);
        if (found !== GONE) return found;
        await sleep(READ_PAUSE_MS);
      }
      throw new Error(`the container ${name} is being created or removed by others each time; try again`);
    } catch (error) {
      throw engineError(error, 'reading job.json out of an image');
    }
  }

  /** A container of the image: a new one, or the one that is there already; undefined when that one was removed just then. */
  async #containerOf(imageId: string, name: string): Promise<Docker.Container | undefined> {
    const body = { name, Image: imageId, Cmd: ['-'], Labels: { [LABELS.mode]: 'describe' } };
    try {
      return await bounded('create', this.#timeoutMs, (abortSignal) => this.#docker.createContainer({ ...body, abortSignal }));
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
    try {
      // By its id: under its name there may be another one a moment later.
      const { Id } = await bounded('inspect', this.#timeoutMs, (abortSignal) => this.#docker.getContainer(name).inspect({ abortSignal }));
      return this.#docker.getContainer(Id);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** The first of the files, undefined where there is none; {@link GONE} when another gateway that read from it too was done first. */
  async #firstOf(container: Docker.Container): Promise<string | undefined | typeof GONE> {
    const isGone = async (): Promise<boolean> => (await look(container, this.#timeoutMs)).kind !== 'created';
    try {
      for (const path of PATHS_IN_IMAGE) {
        const file = await this.#readFrom(container, path);
        if (file !== undefined) return file;
      }
      // Of a container that is gone no file is found either.
      return (await isGone()) ? GONE : undefined;
    } catch (error) {
      if (await isGone()) return GONE;
      throw error;
    } finally {
      await removeContainer(container, this.#timeoutMs);
    }
  }

  async #readFrom(container: Docker.Container, path: string): Promise<string | undefined> {
    try {
      const tar = await bounded('archive', this.#timeoutMs, async (abortSignal) => buffer(await container.getArchive({ path, abortSignal })));
      return firstFile(tar)?.toString();
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
}

/** The refusal for an image that was never built. */
export function missingImage(image: string, job: string, cause?: unknown): EngineError {
  return new EngineError('IMAGE_MISSING', `the image ${image} is not built; build it with ./build-images.sh ${job}`, { cause });
}
