import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Attempt, AttemptExit, AttemptId, OutputSink } from '../engine.ts';

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
  readonly ended: Promise<AttemptExit>;
  readonly #child: ChildProcess;

  private constructor(id: AttemptId, child: ChildProcess, output: OutputSink) {
    this.id = id;
    this.handle = `pid ${child.pid}`;
    this.#child = child;
    const startedAt = new Date();
    child.stdout?.on('data', (chunk: Buffer) => output.stdout(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.stderr(chunk));
    // `close` comes after the exit and the end of both streams. A job that ended early makes writing to it fail; its exit tells why.
    child.stdin?.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ status, oomKilled: false, startedAt, finishedAt: new Date() });
      });
    });
  }

  /** Starts it; rejects when the command can't be run. */
  static async start(id: AttemptId, { command, folder, environment }: ChildCommand, output: OutputSink): Promise<ChildAttempt> {
    const [program = '', ...parameters] = command;
    const child = spawn(program, parameters, { cwd: folder, env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const attempt = new ChildAttempt(id, child, output);
    await once(child, 'spawn');
    return attempt;
  }

  async send(line: string): Promise<void> {
    const { stdin } = this.#child;
    if (stdin === null || !stdin.writable) throw new Error('the job takes no input any more');
    await new Promise<void>((resolve, reject) => {
      stdin.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }

  async stop(graceSeconds: number): Promise<void> {
    this.#signal('SIGTERM');
    const kill = setTimeout(() => this.#signal('SIGKILL'), graceSeconds * 1000);
    await this.ended;
    clearTimeout(kill);
  }

  async remove(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
  }

  /** To the whole group, so that what the job has started ends with it. */
  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ESRCH') throw error;
    }
  }
}
