import type { JobJson, Limits } from '@esclusa/contract';

/** Who an attempt is: the same words stand in labels, log lines and ledger entries. */
export interface AttemptId {
  readonly run: string;
  readonly attempt: number;
}

/** All that an engine must know to start one container; it holds no secret. */
export interface AttemptSpec extends AttemptId {
  /** Name of the job, from which the engine derives what to start. */
  readonly job: string;
  readonly pipeline: string;
  readonly mode: 'run' | 'check' | 'plan';
  /** Digest of the image to start, as {@link Engine.image} told it; what the job's name stands for at the start when undefined. */
  readonly image?: string | undefined;
  /** Installation that owns the container; a gateway only ever touches its own installation's. */
  readonly installation: string;
  /** Plain environment, the request included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: Limits;
  /** More labels, for adoption and for people; no secret. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Receives the output of an attempt as it comes. Neither may throw; both must return at once. */
export interface OutputSink {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
}

/** How a container ended, as its engine saw it. */
export interface AttemptExit {
  /** Exit status; 128 + signal number when a signal ended it; undefined when the container vanished before anybody could read it. */
  readonly status: number | undefined;
  /** The engine's own flag for the out-of-memory killer; unreliable alone, so only evidence. */
  readonly oomKilled: boolean;
  /** Highest memory use that the engine saw, in bytes, if it can tell. */
  readonly memoryPeakBytes?: number;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  /** A sentence when the engine itself could not run the container (bad command, no space). */
  readonly engineError?: string;
}

/** A container that was created; it may be waiting, running or over. */
export interface Attempt {
  readonly id: AttemptId;
  /** The engine's own name for it, for logs. */
  readonly handle: string;
  /** The name under which people find it, e.g. for `docker logs`. */
  readonly name: string;
  /** Sends to standard input; resolves when handed over, rejects when the container takes no more. */
  send(line: string): Promise<void>;
  /** Resolves once it has ended *and* its output has been handed over whole. Rejects only when the engine can't be reached for long. */
  readonly ended: Promise<AttemptExit>;
  /** SIGTERM, then SIGKILL after the grace period; returns when it has ended. Safe to call twice. */
  stop(graceSeconds: number): Promise<void>;
  /** Removes what is left of it; a container that is already gone is fine. */
  remove(): Promise<void>;
}

/** A container of this installation, found by its labels. */
export interface AttemptFound extends AttemptId {
  readonly handle: string;
  readonly mode: string;
  readonly state: 'created' | 'running' | 'ended';
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
}

/** What an engine can promise. The conformance suite tests what is declared, and that the rest is refused and not pretended. */
export interface EngineCapabilities {
  /** Attempts outlive the gateway and can be found and adopted by the next one. */
  readonly adopts: boolean;
  /** Memory, CPU and process limits are enforced. */
  readonly limits: boolean;
  /** The job sees a file system, users and network of its own. */
  readonly isolates: boolean;
  /** An attempt that has ended stays there to be looked into until it is removed. */
  readonly keeps: boolean;
}

/** Whether the engine answers, in words for /health. */
export interface EngineHealth {
  readonly ok: boolean;
  /** Id of the host behind it: ledger entries bear it, so that two hosts on one bucket leave each other's alone. */
  readonly identity?: string;
  readonly version?: string;
  /** What is wrong and what mends it. */
  readonly problem?: string;
  /** Protections of jobs that the host lacks, as sentences. */
  readonly warnings?: readonly string[];
}

/** What starts containers. Implementations: `docker`, `process`; conformance.ts holds them to this page. */
export interface Engine {
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** What the engine can't promise, as sentences for the log at start. */
  readonly warnings: readonly string[];
  /** Where jobs run, in words that go with a source that they could not reach; undefined when there is nothing to say. */
  readonly surroundings?: string;
  /** Never rejects: trouble is in the answer. */
  health(): Promise<EngineHealth>;
  /** Names of the jobs that could be started. */
  jobs(): Promise<string[]>;
  /** What the job says of itself. Rejects with {@link EngineError}: `IMAGE_MISSING`, `IMAGE_INVALID`, `ENGINE_UNREACHABLE`. */
  describe(job: string): Promise<JobJson>;
  /**
   * Digest of what the job is started from, `sha256:…`; undefined where an engine has no images. Of a job that was `described` by this engine
   * it is the image that the description came from, whatever its name stands for by now. May reject like {@link describe}.
   */
  image(job: string, described?: JobJson): Promise<string | undefined>;
  /**
   * Creates, attaches and starts a container; its output flows into `output` from the first byte.
   * Done twice for the same attempt it gives the container that is there already (first creator wins). `created` is called once there is one
   * that is not started yet, where the engine can tell.
   */
  start(spec: AttemptSpec, output: OutputSink, created?: () => void): Promise<Attempt>;
  /**
   * Takes up a container that an earlier gateway created, its earlier output replayed; undefined when there is none.
   * One that was created and never started is started.
   */
  adopt(id: AttemptId, installation: string, output: OutputSink): Promise<Attempt | undefined>;
  /** Containers of the installation, whatever their state. */
  list(installation: string): Promise<AttemptFound[]>;
}

/** Reasons for which an engine refuses. */
export type EngineErrorCode = 'ENGINE_UNREACHABLE' | 'IMAGE_MISSING' | 'IMAGE_INVALID' | 'NETWORK_MISSING' | 'NOT_SUPPORTED' | 'ENGINE_FAILED';

/** A refusal of the engine, with a sentence that names what mends it. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}
