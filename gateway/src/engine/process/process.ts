import { readFile, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type JobJson, jobJsonSchema } from '@esclusa/contract';
import { type Attempt, type AttemptFound, type AttemptId, type AttemptSpec, type Engine, EngineError, type EngineHealth, type OutputSink } from '../engine.ts';
import { ChildAttempt } from './child.ts';

/** Settings of the process engine. */
export interface ProcessEngineOptions {
  /** Folder of jobs, each with its job.json. */
  readonly jobsFolder: string;
}

const keyOf = ({ run, attempt }: AttemptId): string => `${run}/${attempt}`;

/** Starts jobs as child processes: for development where there is no Docker, and for nothing else. */
export class ProcessEngine implements Engine {
  readonly name = 'process';
  readonly capabilities = { adopts: false, limits: false, isolates: false };
  readonly warnings = [
    'the process engine is for development only: limits of memory, CPU and processes are not enforced',
    "the process engine does not isolate: jobs see this host's files, users and network",
    'the process engine can not adopt: jobs end with the gateway, and their runs are tried again at the next start',
  ];
  readonly #folder: string;
  readonly #children = new Map<string, { child: ChildAttempt; spec: AttemptSpec; state: AttemptFound['state'] }>();

  constructor(options: ProcessEngineOptions) {
    this.#folder = resolve(options.jobsFolder);
  }

  async health(): Promise<EngineHealth> {
    return { ok: true, identity: `process@${hostname()}`, version: process.version };
  }

  async jobs(): Promise<string[]> {
    const names = await readdir(this.#folder);
    const found = await Promise.all(
      names.map(async (name) =>
        this.describe(name).then(
          () => name,
          () => undefined,
        ),
      ),
    );
    return found.filter((name) => name !== undefined).toSorted();
  }

  async describe(job: string): Promise<JobJson> {
    const file = join(this.#folder, job, 'job.json');
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new EngineError(
        'IMAGE_MISSING',
        `there is no job "${job}" in ${this.#folder}: ${file} can't be read; set JOBS_DIR, or ./build-images.sh ${job} and ENGINE=docker`,
        { cause },
      );
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw new EngineError('IMAGE_INVALID', `${file} is not JSON: ${(cause as Error).message}`, { cause });
    }
    const parsed = jobJsonSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new EngineError('IMAGE_INVALID', `${file} is no valid job.json: ${problems}`);
  }

  async start(spec: AttemptSpec, output: OutputSink): Promise<Attempt> {
    const key = keyOf(spec);
    const there = this.#children.get(key);
    if (there !== undefined) return there.child;
    const { process: how } = await this.describe(spec.job);
    if (how === undefined)
      throw new EngineError('NOT_SUPPORTED', `the job "${spec.job}" does not say how to run as a process (job.json "process"); use ENGINE=docker`);
    // Only what finding the program takes; nothing else of the gateway's own environment.
    const environment = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, ...spec.environment };
    let child: ChildAttempt;
    try {
      child = await ChildAttempt.start(spec, { command: how.command, folder: join(this.#folder, spec.job), environment }, output);
    } catch (cause) {
      throw new EngineError('ENGINE_FAILED', `the job "${spec.job}" can't be started (${how.command.join(' ')}): ${(cause as Error).message}`, { cause });
    }
    const entry = { child, spec, state: 'running' as AttemptFound['state'] };
    this.#children.set(key, entry);
    void child.ended.then(() => (entry.state = 'ended'));
    const remove = child.remove.bind(child);
    child.remove = async () => {
      await remove();
      this.#children.delete(key);
    };
    return child;
  }

  /** Never finds one: a child does not outlive its gateway. */
  async adopt(): Promise<undefined> {
    return undefined;
  }

  async list(installation: string): Promise<AttemptFound[]> {
    return [...this.#children.values()]
      .filter(({ spec }) => spec.installation === installation)
      .map(({ child, spec, state }) => ({ run: spec.run, attempt: spec.attempt, mode: spec.mode, handle: child.handle, state, labels: spec.labels }));
  }
}
