import { setTimeout as sleep } from 'node:timers/promises';
import { JOB_LABEL, type JobJson, jobNameSchema } from '@esclusa/contract';
import type Docker from 'dockerode';
import { EngineError } from '../engine.ts';
import { MAX_JOB_JSON_BYTES, readJobJson } from '../read-job-json.ts';
import { bounded } from './call.ts';
import { removeContainer } from './container.ts';
import { engineError, statusOf } from './failure.ts';
import { type ImageConfig, imageConfig } from './image-config.ts';
import { imageName } from './image-name.ts';
import { look } from './state.ts';
import { firstFile } from './tar.ts';
import { LABELS, coverVolumes } from './to-container.ts';

const PATHS_IN_IMAGE = ['/app/job.json', '/job.json'];
// A container's name is taken while another gateway is still creating or removing it.
// An archive has some blocks beside its file.
const MAX_ARCHIVE_BYTES = MAX_JOB_JSON_BYTES + 64 * 1024;
const READ_TRIES = 10;
const READ_PAUSE_MS = 200;
const GONE = Symbol('gone');

/** Reads what images say of their jobs, and remembers it by image id. */
export class JobImages {
  readonly #docker: Docker;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  /** By job and image: one image may bear the names of several jobs. */
  readonly #known = new Map<string, JobJson>();
  /** The image that each description came from. */
  readonly #origins = new WeakMap<JobJson, ImageConfig>();
  readonly #configs = new Map<string, ImageConfig>();
  /** Those that Docker is being asked for. */
  readonly #asked = new Map<string, Promise<Docker.ImageInspectInfo>>();

  constructor(docker: Docker, prefix: string, timeoutMs: number) {
    this.#docker = docker;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
  }

  /** What the job says of itself. Rejects with `IMAGE_MISSING`, `IMAGE_INVALID` or `ENGINE_UNREACHABLE`. */
  async describe(job: string): Promise<JobJson> {
    const inspected = await this.inspect(job);
    const { Id, Config } = inspected;
    const key = `${job} ${Id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = imageName(this.#prefix, job);
    const image = imageConfig(inspected, name);
    const mend = `build it with ./build-images.sh ${job}`;
    const text = Config.Labels?.[JOB_LABEL] ?? (await this.#readFile(image));
    if (text === undefined) {
      throw new EngineError('IMAGE_INVALID', `the image ${name} has neither the label ${JOB_LABEL} nor a file ${PATHS_IN_IMAGE.join(' or ')}; ${mend}`);
    }
    const described = readJobJson(text, job, `the image ${name}`, mend);
    this.#known.set(key, described);
    this.#origins.set(described, image);
    this.#configs.set(Id, image);
    return described;
  }

  /** The image that a job is started from: the one that its description came from, else the one that its name stands for. */
  async imageOf(job: string, described?: JobJson): Promise<ImageConfig> {
    const origin = described === undefined ? undefined : this.#origins.get(described);
    return origin ?? imageConfig(await this.inspect(job), imageName(this.#prefix, job));
  }

  /** An image by its digest, else by its job's name. */
  async config(job: string, id: string | undefined): Promise<ImageConfig> {
    if (id === undefined) return this.imageOf(job);
    const known = this.#configs.get(id);
    if (known !== undefined) return known;
    const image = imageConfig(await this.#inspectNamed(id, job), imageName(this.#prefix, job));
    this.#configs.set(id, image);
    return image;
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
    return this.#inspectNamed(name, job);
  }

  async #inspectNamed(nameOrId: string, job: string): Promise<Docker.ImageInspectInfo> {
    const name = imageName(this.#prefix, job);
    try {
      return await bounded('inspect image', this.#timeoutMs, (abortSignal) =>
        this.#docker.getImage(nameOrId).inspect({ abortSignal } as Docker.ImageInspectOptions),
      );
    } catch (error) {
      throw statusOf(error) === 404 ? missingImage(name, job, error) : engineError(error, `looking for the image ${name}`);
    }
  }

  /**
   * job.json out of an image that a plain `docker build` made, which has no label, through a container that is never started.
   * It has one name for each image: one that a killed gateway left is read from and removed by the next.
   */
  async #readFile(image: ImageConfig): Promise<string | undefined> {
    const name = `esclusa-describe-${image.id.replace(/^sha256:/, '').slice(0, 12)}`;
    try {
      for (let tried = 0; tried < READ_TRIES; tried++) {
        const container = await this.#containerOf(image, name);
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
  async #containerOf(image: ImageConfig, name: string): Promise<Docker.Container | undefined> {
    const body = {
      name,
      Image: image.id,
      Cmd: ['-'],
      // Nothing in its image's labels may make an attempt of it.
      Labels: { ...Object.fromEntries(image.labels.map((label) => [label, ''])), [LABELS.mode]: 'describe' },
      HostConfig: { NetworkMode: 'none', Mounts: coverVolumes(image.volumes, 1) },
    };
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
      const tar = await bounded('archive', this.#timeoutMs, async (abortSignal) => readArchive(await container.getArchive({ path, abortSignal })));
      return firstFile(tar)?.toString();
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
}

/** An archive whole; of one that is larger than a job.json may be no more is read. */
async function readArchive(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop ends the stream.
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk as Buffer));
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ARCHIVE_BYTES) throw new EngineError('IMAGE_INVALID', `the image's job.json is larger than ${MAX_JOB_JSON_BYTES} bytes`);
  }
  return Buffer.concat(chunks);
}

/** The refusal for an image that was never built. */
export function missingImage(image: string, job: string, cause?: unknown): EngineError {
  return new EngineError('IMAGE_MISSING', `the image ${image} is not built; build it with ./build-images.sh ${job}`, { cause });
}
