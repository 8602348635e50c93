import type { JobJson } from '@esclusa/contract';
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../errors.ts';
import { checkAgainstJob } from './check-datasets.ts';
import { KnownJobs } from './known-jobs.ts';
import { type Pipeline, type PipelineProblem, formatProblem } from './pipeline.ts';
import { type PipelineFolder, pipelineFiles, readPipelines } from './read.ts';
import type { Environment } from './variable-rules.ts';

/** Gives the description of a job; rejects when its image is missing or the engine can't be reached. */
export type DescribeJob = (job: string) => Promise<JobJson>;

/** What is wrong with a pipeline that its file alone does not tell. */
export type CheckPipeline = (pipeline: Pipeline) => readonly PipelineProblem[];

/** All that is wrong with the pipelines at start, one line each. */
export class PipelinesError extends Error {
  readonly problems: readonly PipelineProblem[];

  constructor(problems: readonly PipelineProblem[]) {
    super(`the pipelines have ${problems.length} problem(s):\n${problems.map((problem) => `  - ${formatProblem(problem)}`).join('\n')}`);
    this.name = 'PipelinesError';
    this.problems = problems;
  }
}

/**
 * The pipelines of a folder. A file that changes is read again at the next use; when it has become invalid the last good
 * version serves on, and the problem shows in {@link problems}.
 */
export class Catalogue {
  readonly #folder: string;
  readonly #describe: DescribeJob;
  readonly #check: CheckPipeline;
  readonly #environment: Environment;
  /** Every job that was described so far. */
  readonly jobs = new KnownJobs();
  #pipelines = new Map<string, Pipeline>();
  #problems: readonly PipelineProblem[] = [];
  #fingerprint = '';
  #told: (problem: PipelineProblem) => void = () => {};
  #refreshing: Promise<void> = Promise.resolve();
  readonly #checked = new WeakMap<Pipeline, { job: JobJson; version: number; problems: readonly PipelineProblem[] }>();

  private constructor(folder: string, describe: DescribeJob, check: CheckPipeline, environment: Environment) {
    this.#folder = folder;
    this.#describe = describe;
    this.#check = check;
    this.#environment = environment;
  }

  /**
   * Reads the folder; rejects with every problem of every file, those that only the jobs can see included where their images are there.
   * A problem of an image alone is reported when its pipeline is used, like a missing image.
   */
  static async load(folder: string, describe: DescribeJob, check: CheckPipeline = () => [], environment: Environment = {}): Promise<Catalogue> {
    const catalogue = new Catalogue(folder, describe, check, environment);
    const before = await fingerprint(folder);
    const { pipelines, problems } = await catalogue.#read();
    const all = [...problems];
    // All of them before the first is checked: what one job calls a secret counts for the others.
    const jobs = new Map<string, JobJson>();
    for (const { job } of pipelines) {
      const described = jobs.get(job) ?? (await catalogue.#described(job));
      if (described !== undefined) jobs.set(job, described);
    }
    for (const pipeline of pipelines) {
      const job = jobs.get(pipeline.job);
      if (job !== undefined) all.push(...(await catalogue.#checkJob(pipeline, job)).filter(({ blames }) => blames !== 'job'));
    }
    if (all.length > 0) throw new PipelinesError(all);
    catalogue.#pipelines = new Map(pipelines.map((pipeline) => [pipeline.name, pipeline]));
    catalogue.#fingerprint = before;
    return catalogue;
  }

  /** What is wrong with files that changed since the start. */
  get problems(): readonly PipelineProblem[] {
    return this.#problems;
  }

  /** Has somebody told of what goes wrong with files from now on, once for each change of the folder. */
  onProblem(told: (problem: PipelineProblem) => void): void {
    this.#told = told;
  }

  /** All pipelines, by name. */
  async list(): Promise<Pipeline[]> {
    await this.#refresh();
    return [...this.#pipelines.values()];
  }

  /** A pipeline and its job, checked against each other. Rejects with `PIPELINE_NOT_FOUND`, `PIPELINE_INVALID` or what the engine says. */
  async get(name: string): Promise<{ pipeline: Pipeline; job: JobJson }> {
    await this.#refresh();
    const pipeline = this.#pipelines.get(name);
    if (pipeline === undefined) {
      const known = [...this.#pipelines.keys()];
      throw new GatewayError('PIPELINE_NOT_FOUND', `there is no pipeline "${name}"; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}`, {
        details: { pipelines: known },
      });
    }
    const job = await this.#describe(pipeline.job);
    this.jobs.add(job);
    const problems = await this.#checkJob(pipeline, job);
    if (problems.length > 0) {
      throw new GatewayError('PIPELINE_INVALID', `the pipeline "${name}" does not fit its job: ${problems.map(formatProblem).join('; ')}`, {
        details: { problems },
      });
    }
    return { pipeline, job };
  }

  /** Asking a job's schema takes tens of milliseconds and a thread, so the answer is kept as long as nothing that it was asked with changes. */
  async #checkJob(pipeline: Pipeline, job: JobJson): Promise<readonly PipelineProblem[]> {
    const { version } = this.jobs;
    const known = this.#checked.get(pipeline);
    if (known?.job === job && known.version === version) return known.problems;
    const problems = await checkAgainstJob(pipeline, job, { environment: this.#environment, jobs: this.jobs });
    this.#checked.set(pipeline, { job, version, problems });
    return problems;
  }

  /** One after the other: who comes while another one reads must not be given what was there before. */
  async #refresh(): Promise<void> {
    const mine = this.#refreshing.then(() => this.#readChanges());
    this.#refreshing = mine.catch(() => {});
    return mine;
  }

  async #readChanges(): Promise<void> {
    const now = await fingerprint(this.#folder);
    if (now === this.#fingerprint) return;
    const { pipelines, problems, unread = false } = await this.#read();
    const broken = new Set(problems.map((problem) => problem.file));
    // A folder that is away for a moment takes no pipeline with it.
    const kept = [...this.#pipelines.values()].filter((pipeline) => unread || broken.has(pipeline.file));
    this.#pipelines = new Map([...kept, ...pipelines].map((pipeline) => [pipeline.name, pipeline]));
    this.#problems = problems;
    this.#fingerprint = now;
    for (const problem of problems) this.#told(problem);
  }

  /** The folder as it is now; a pipeline with a problem is not among its pipelines. */
  async #read(): Promise<PipelineFolder> {
    const { pipelines, problems, ...more } = await readPipelines(this.#folder);
    const checked = pipelines.map((pipeline) => ({ pipeline, found: this.#check(pipeline) }));
    return {
      ...more,
      pipelines: checked.flatMap(({ pipeline, found }) => (found.length === 0 ? [pipeline] : [])),
      problems: [...problems, ...checked.flatMap(({ found }) => found)],
    };
  }

  /** A job that can't be asked now is asked at the first use: a missing image must not keep the other pipelines from serving. */
  async #described(name: string): Promise<JobJson | undefined> {
    try {
      const job = await this.#describe(name);
      this.jobs.add(job);
      return job;
    } catch {
      return undefined;
    }
  }
}

/** Changes when a file of the folder is added, removed or written, or may be read by others than before. */
async function fingerprint(folder: string): Promise<string> {
  try {
    const files = await pipelineFiles(folder);
    return (await Promise.all(files.map(async (file) => `${file}:${await markOf(join(folder, file))}`))).join('|');
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

/** The mark of a link is that of its target, or its own if it leads nowhere. Trouble with one file never affects the others. */
async function markOf(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path).catch(() => lstat(path));
    return `${mtimeMs}:${ctimeMs}:${size}:${ino}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
