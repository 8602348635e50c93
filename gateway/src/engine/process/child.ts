import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { type Attempt, type AttemptExit, type AttemptId, EngineError, type OutputSink } from '../engine.ts';
import { inPieces } from '../in-pieces.ts';

// What a grandchild that left the group may hold open after the job's own end.
const DRAIN_MS = 5_000;

/** How a child is started. */
export interface ChildCommand {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A job as a child process, leader of a process group of its own. */
export class ChildAttempt implements Attempt {
  readonly id: AttemptId;
  readonly handle: string;
  readonly name: string;
  readonly ended: Promise<AttemptExit>;
  readonly #child: ChildProcess;
  readonly #onRemove: () => void;

  private constructor(id: AttemptId, child: ChildProcess, output: OutputSink, onRemove: () => void) {
    this.id = { run: id.run, attempt: id.attempt };
    this.handle = this.name = `pid ${child.pid}`;
    this.#child = child;
    this.#onRemove = onRemove;
    this.ended = watch(child, output, new Date());
  }

  /** Starts it; rejects when the command can't be run. */
  static async start(id: AttemptId, how: ChildCommand, output: OutputSink, onRemove: () => void): Promise<ChildAttempt> {
    const [program = '', ...parameters] = how.command;
    // Detached: a process group of its own, so that what the job starts can be ended with it.
    const child = spawn(program, parameters, { cwd: how.folder, env: how.environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const attempt = new ChildAttempt(id, child, output, onRemove);
    await once(child, 'spawn');
    return attempt;
  }

  async send(line: string): Promise<void> {
    const { stdin } = this.#child;
    if (!stdin?.writable) throw new EngineError('ENGINE_FAILED', 'the job takes no input: it has ended');
    await new Promise<void>((resolve, reject) => {
      stdin.write(line, (cause) => (cause ? reject(new EngineError('ENGINE_FAILED', `the job takes no input: ${cause.message}`, { cause })) : resolve()));
    });
  }

  async stop(graceSeconds: number): Promise<void> {
    this.#signal('SIGTERM');
    const kill = setTimeout(() => this.#signal('SIGKILL'), graceSeconds * 1000);
    await this.ended;
    clearTimeout(kill);
  }

  async remove(): Promise<void> {
    this.kill();
    await this.ended;
    this.#onRemove();
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    // After its end the number may be somebody else's.
    if (pid !== undefined && exitCode === null && signalCode === null) signalGroup(pid, signal);
  }
}

/** Hands the output on; resolves once the child has ended and both streams are at their end. */
function watch(child: ChildProcess, output: OutputSink, startedAt: Date): Promise<AttemptExit> {
  const handed = Promise.all([handOn(child.stdout, (piece) => output.stdout(piece)), handOn(child.stderr, (piece) => output.stderr(piece))]);
  // A job that ended early makes writing to it fail; its exit tells why.
  child.stdin?.on('error', () => undefined);
  // 'spawn' tells a failed start; without a listener the event would end the gateway.
  child.on('error', () => undefined);
  return new Promise((resolve) => {
    let cut: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      // As a container does: what the job has started ends with it, and so its ends of the pipes are closed.
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      cut = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, DRAIN_MS);
    });
    // Comes after the exit and the end of both streams.
    child.once('close', (code, signal) => {
      clearTimeout(cut);
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      const finishedAt = new Date();
      void handed.then(() => resolve({ status, oomKilled: false, startedAt, finishedAt }));
    });
  });
}

/** Hands a stream on, to its end or until it is cut. */
async function handOn(stream: Readable | null, take: (piece: Buffer) => void): Promise<void> {
  if (stream === null) return;
  try {
    for await (const piece of inPieces(stream)) take(piece);
  } catch {
    // Cut after the child's end.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
