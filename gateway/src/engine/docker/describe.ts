import { buffer } from 'node:stream/consumers';
import { JOB_LABEL, type JobJson, jobJsonSchema } from '@esclusa/contract';
import type Docker from 'dockerode';
import { EngineError } from '../engine.ts';
import { engineError, statusOf, tolerate } from './failure.ts';
import { imageName } from './image-name.ts';

/** A job's image as the engine needs to know it. */
export interface JobImage {
  readonly job: JobJson;
  /** The user that the image names, or ''. */
  readonly user: string;
}

const PATHS_IN_IMAGE = ['/app/job.json', '/job.json'];
const TAR_BLOCK = 512;

/** Reads what images say of their jobs, and remembers it by image id. */
export class JobImages {
  readonly #docker: Docker;
  readonly #prefix: string;
  readonly #known = new Map<string, JobImage>();

  constructor(docker: Docker, prefix: string) {
    this.#docker = docker;
    this.#prefix = prefix;
  }

  /** The image of a job. Rejects with `IMAGE_MISSING`, `IMAGE_INVALID` or `ENGINE_UNREACHABLE`. */
  async get(job: string): Promise<JobImage> {
    const name = imageName(this.#prefix, job);
    try {
      const { Id, Config } = await this.#docker.getImage(name).inspect();
      const known = this.#known.get(Id);
      if (known !== undefined) return known;
      const text = Config.Labels?.[JOB_LABEL] ?? (await this.#readFile(name));
      const image: JobImage = { job: parse(text, name, job), user: Config.User };
      this.#known.set(Id, image);
      return image;
    } catch (error) {
      if (statusOf(error) !== 404) throw engineError(error, `looking for the image ${name}`);
      throw new EngineError('IMAGE_MISSING', `the image ${name} is not built; build it with ./build-images.sh ${job}`, { cause: error });
    }
  }

  /** job.json out of an image that was built by hand, without our label. */
  async #readFile(image: string): Promise<string | undefined> {
    const container = await this.#docker.createContainer({ Image: image, Cmd: ['-'], Labels: { 'esclusa.mode': 'describe' } });
    try {
      for (const path of PATHS_IN_IMAGE) {
        const archive = await tolerate(container.getArchive({ path }), 404);
        if (archive === undefined) continue;
        const tar = await buffer(archive);
        // One file: a header block whose octal size stands at 124, then the content.
        const size = Number.parseInt(tar.subarray(124, 136).toString('latin1'), 8);
        return tar.subarray(TAR_BLOCK, TAR_BLOCK + size).toString('utf8');
      }
      return undefined;
    } finally {
      await tolerate(container.remove({ force: true }), 404);
    }
  }
}

function parse(text: string | undefined, image: string, job: string): JobJson {
  const invalid = (why: string): EngineError => new EngineError('IMAGE_INVALID', `the image ${image} ${why}; build it with ./build-images.sh ${job}`);
  if (text === undefined) throw invalid(`has neither the label ${JOB_LABEL} nor a job.json`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`has a label ${JOB_LABEL} that is not JSON`);
  }
  const parsed = jobJsonSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(`has an invalid job.json (${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')})`);
}
