import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const TAIL_LINES = 15;

/** Tells a person what is going on, one line a call. */
export type Log = (line: string) => void;

/** How to run a program; `input` goes to its stdin, after `timeoutMs` it is killed. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A program that could not be run to a good end: `message` has the command and the last lines of what it wrote. */
export class CommandError extends Error {
  readonly output: string;

  constructor(command: readonly string[], reason: string, output: string) {
    const tail = output.trim().split('\n').slice(-TAIL_LINES).join('\n');
    super(`${command.join(' ')}: ${reason}${tail === '' ? '' : `\n${tail}`}`);
    this.name = 'CommandError';
    this.output = output;
  }
}

/** Runs a program and resolves with what it wrote to stdout; throws a {@link CommandError} unless it exits 0. */
export function run(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const [program, ...parameters] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    let stdout = '';
    let both = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      both += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      both += text;
    });
    child.on('error', (error) => reject(new CommandError(command, error.message, both)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new CommandError(command, signal === null ? `exit status ${code}` : `ended by ${signal}`, both));
    });
  });
}

/** Runs a program and resolves with its stdout, or with undefined if it fails: for questions whose "no" is an answer. */
export async function ask(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string | undefined> {
  try {
    return await run(command, options);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** Runs `producer | consumer` and resolves with the consumer's stdout; throws unless both exit 0. */
export function pipe(producer: readonly [string, ...string[]], consumer: readonly [string, ...string[]]): Promise<string> {
  return new Promise((resolve, reject) => {
    const from = spawn(producer[0], producer.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    const to = spawn(consumer[0], consumer.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { from: '', to: '', result: '' };
    from.stderr.setEncoding('utf8').on('data', (text: string) => (output.from += text));
    to.stderr.setEncoding('utf8').on('data', (text: string) => (output.to += text));
    to.stdout.setEncoding('utf8').on('data', (text: string) => (output.result += text));
    // EPIPE when the consumer ends first: its own exit status tells why.
    to.stdin.on('error', () => from.kill());
    from.stdout.pipe(to.stdin);
    const ended = (child: typeof from | typeof to): Promise<number | NodeJS.Signals> =>
      new Promise((done, failed) => child.on('error', failed).on('close', (code, signal) => done(signal ?? code ?? -1)));
    Promise.all([ended(from), ended(to)]).then(([first, second]) => {
      if (first !== 0 && first !== 'SIGTERM') reject(new CommandError(producer, `exit status ${first}`, output.from));
      else if (second !== 0) reject(new CommandError(consumer, `exit status ${second}`, output.to));
      else if (first !== 0) reject(new CommandError(producer, `ended by ${first}`, output.from));
      else resolve(output.result);
    }, reject);
  });
}

/** Whether a program of this name stands on the PATH or where administrators' programs do. */
export function isInstalled(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
