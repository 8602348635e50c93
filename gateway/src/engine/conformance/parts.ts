import { randomBytes } from 'node:crypto';
import type { Limits } from '@esclusa/contract';
import type { Attempt, AttemptSpec, Engine, OutputSink } from '../engine.ts';

/** What an implementation brings to the suite: real parts, nothing faked. */
export interface ConformanceParts {
  readonly engine: Engine;
  /** Another engine over the same host, as a gateway that was started anew has one. */
  another(): Engine;
  /** Name of the fixture job; what it can do stands in test/engine/jobs/conformance/main.mjs. */
  readonly job: string;
  /** A job whose job.json is invalid. */
  readonly invalidJob: string;
  /** Words that the refusal of an unknown job must hold, so that it names what mends it. */
  readonly unknownJobMend: string;
  /** Looks at a container and removes it past the engine; needed where attempts outlive the gateway. */
  readonly outside?: {
    inspect(handle: string): Promise<string>;
    remove(handle: string): Promise<void>;
  };
  cleanUp(): Promise<void>;
}

/** Keeps what an attempt wrote. */
export class Recorder implements OutputSink {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];

  stdout(chunk: Uint8Array): void {
    this.#stdout.push(Buffer.from(chunk));
  }

  stderr(chunk: Uint8Array): void {
    this.#stderr.push(Buffer.from(chunk));
  }

  get out(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get err(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Waits until stdout holds `text`. */
  async until(text: string, seconds = 20): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; !this.out.includes(text);) {
      if (Date.now() > deadline) throw new Error(`stdout has no "${text}" after ${seconds} s: ${this.out.slice(-500)} ${this.err.slice(-500)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Starts attempts of one test file and removes them after each test. */
export class Bench {
  readonly installation = `conformance-${randomBytes(4).toString('hex')}`;
  readonly #started: Attempt[] = [];
  readonly #parts: () => ConformanceParts;

  constructor(parts: () => ConformanceParts) {
    this.#parts = parts;
  }

  get parts(): ConformanceParts {
    return this.#parts();
  }

  get engine(): Engine {
    return this.parts.engine;
  }

  /** An attempt of the fixture job that does `act`. */
  spec(act: string, environment: Readonly<Record<string, string>> = {}, limits: Partial<Limits> = {}): AttemptSpec {
    return {
      run: `run-${randomBytes(6).toString('hex')}`,
      attempt: 1,
      job: this.parts.job,
      pipeline: 'conformance',
      mode: 'run',
      installation: this.installation,
      environment: { ACT: act, ...environment },
      limits: { memoryMiB: 96, cpus: 1, pids: 64, scratchMiB: 8, timeAllowedSeconds: 60, ...limits },
      labels: { 'conformance.act': act },
    };
  }

  /** Starts an attempt that is removed after the test. */
  async start(spec: AttemptSpec, sink: OutputSink, engine: Engine = this.engine): Promise<Attempt> {
    return this.keep(await engine.start(spec, sink));
  }

  /** Starts, waits for the end, and gives both. */
  async run(act: string, environment: Readonly<Record<string, string>> = {}, limits: Partial<Limits> = {}) {
    const recorder = new Recorder();
    const attempt = await this.start(this.spec(act, environment, limits), recorder);
    const exit = await attempt.ended;
    return { attempt, exit, out: recorder.out, err: recorder.err };
  }

  keep(attempt: Attempt): Attempt {
    this.#started.push(attempt);
    return attempt;
  }

  async removeAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((attempt) => attempt.remove()));
  }
}
