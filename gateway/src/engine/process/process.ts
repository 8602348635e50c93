import { access, readFile, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type JobJson, jobNameSchema } from '@esclusa/contract';
import { type Attempt, type AttemptFound, type AttemptId, type AttemptSpec, type Engine, EngineError, type EngineHealth, type OutputSink } from '../engine.ts';
import { checkEnvironment } from '../environment.ts';
import { readJobJson } from '../read-job-json.ts';
import { ChildAttempt } from './child.ts';

/** Settings of the process engine. */
export interface ProcessEngineOptions {
  /** Folder of jobs, each with its job.json. */
  readonly jobsFolder: string;
}

interface Entry {
  readonly spec: AttemptSpec;
  readonly child: Promise<ChildAttempt>;
  readonly createdAt: Date;
  started?: ChildAttempt;
  state: AttemptFound['state'];
}

const keyOf = ({ run, attempt }: AttemptId, installation: string): string => JSON.stringify([installation, run, attempt]);

/** Starts jobs as child processes: for development where there is no Docker, and for nothing else. */
export class ProcessEngine implements Engine {
  readonly name = 'process';
  readonly capabilities = { adopts: false, limits: false, isolates: false, keeps: false };
  readonly warnings = [
    'the process engine is for development only: limits of memory, CPU and processes are not enforced',
    "the process engine does not isolate: jobs see this host's files, users and network",
    'the process engine can not adopt: jobs end with the gateway, and their runs are tried again at the next start',
    'the process engine can not keep: what a job leaves behind is gone with it',
  ];
  readonly #folder: string;
  readonly #children = new Map<string, Entry>();
  readonly #killAll = (): void => {
    for (const { started } of this.#children.values()) started?.kill();
  };

  constructor(options: ProcessEngineOptions) {
    this.#folder = resolve(options.jobsFolder);
  }

  async health(): Promise<EngineHealth> {
    try {
      await access(this.#folder);
      return { ok: true, identity: `process@${hostname()}`, version: process.version };
    } catch (error) {
      return { ok: false, problem: `the folder of jobs can't be read (${(error as Error).message}): set JOBS_DIR` };
    }
  }

  async jobs(): Promise<string[]> {
    let names: string[];
    try {
      names = await readdir(this.#folder);
    } catch (cause) {
      throw new EngineError('ENGINE_FAILED', `the folder of jobs can't be read (${(cause as Error).message}): set JOBS_DIR`, { cause });
    }
    const found = await Promise.all(names.map((name) => this.describe(name).catch(() => undefined)));
    // Only what this engine can start: a job that says no command is for containers alone.
    return found.flatMap((job) => (job?.process === undefined ? [] : [job.name])).toSorted();
  }

  async describe(job: string): Promise<JobJson> {
    const file = join(this.#folder, job, 'job.json');
    const missing = `there is no job "${job}" in ${this.#folder}: ${file} can't be read; set JOBS_DIR, or ./build-images.sh ${job} and ENGINE=docker`;
    // A name that is none must not lead out of the folder.
    if (!jobNameSchema.safeParse(job).success) throw new EngineError('IMAGE_MISSING', missing);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new EngineError('IMAGE_MISSING', missing, { cause });
    }
    return readJobJson(text, job, file, 'mend the file');
  }

  /** A child runs from a folder, which has no digest. */
  async image(): Promise<undefined> {
    return undefined;
  }

  async start(spec: AttemptSpec, output: OutputSink): Promise<Attempt> {
    checkEnvironment(spec);
    const key = keyOf(spec, spec.installation);
    const there = this.#children.get(key);
    if (there !== undefined) return there.child;
    // Kept before the first await, so that two calls at once start one child.
    const entry: Entry = { spec, child: this.#spawn(spec, output, () => this.#forget(key)), createdAt: new Date(), state: 'created' };
    if (this.#children.size === 0) process.once('exit', this.#killAll);
    this.#children.set(key, entry);
    try {
      const child = (entry.started = await entry.child);
      entry.state = 'running';
      void child.ended.then(() => (entry.state = 'ended'));
      return child;
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  /** Never finds one: a child does not outlive its gateway. */
  async adopt(): Promise<undefined> {
    return undefined;
  }

  async list(installation: string): Promise<AttemptFound[]> {
    return [...this.#children.values()]
      .filter(({ spec }) => spec.installation === installation)
      .map(({ started, spec: { run, attempt, mode, labels }, state, createdAt }) => ({
        run,
        attempt,
        mode,
        handle: started?.handle ?? 'starting',
        state,
        createdAt,
        labels,
      }));
  }

  async #spawn(spec: AttemptSpec, output: OutputSink, onRemove: () => void): Promise<ChildAttempt> {
    const { process: how } = await this.describe(spec.job);
    if (how === undefined) {
      throw new EngineError('NOT_SUPPORTED', `the job "${spec.job}" does not say how to run as a process (job.json "process"); use ENGINE=docker`);
    }
    // Only what finding the program takes; nothing else of the gateway's own environment.
    const environment = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: '/tmp', ...spec.environment };
    try {
      return await ChildAttempt.start(spec, { command: how.command, folder: join(this.#folder, spec.job), environment }, output, onRemove);
    } catch (cause) {
      throw new EngineError('ENGINE_FAILED', `the job "${spec.job}" can't be started (${how.command.join(' ')}): ${(cause as Error).message}`, { cause });
    }
  }

  #forget(key: string): void {
    this.#children.delete(key);
    if (this.#children.size === 0) process.removeListener('exit', this.#killAll);
  }
}
