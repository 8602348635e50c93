import { type JobFinal, type JobProgress, SECRETS_RECEIVED, parseMessage } from '@esclusa/contract';
import type { OutputSink } from '../../engine/engine.ts';
import { LineSplitter } from './lines.ts';
import { LogBuffer } from './log-buffer.ts';
import type { Mask } from './mask.ts';

const TAIL_LINES = 50;
const TAIL_LINE_CHARS = 2_000;
/** A job that floods its output must not flood the gateway's log. */
const MAX_LOGGED_LINES = 2_000;

/** Told of what a job says while it says it; everything is masked already. */
export interface OutputListener {
  progress?(progress: JobProgress): void;
  /** A line for the gateway's log: long ones cut, and only so many of them. */
  log?(line: string): void;
  /** The same for those who follow the run: all of them, whole. */
  line?(line: string): void;
  /** A valid result or error line; there may be another one. */
  final?(line: JobFinal): void;
  /** One of the events that the contract names. */
  event?(name: string): void;
}

/**
 * Reads a job's output: keeps the last valid result or error line, the newest progress, and the last lines for people.
 * Secrets are masked here, before anything is kept: messages after they were parsed, other lines before they are cut.
 */
export class OutputCollector implements OutputSink {
  /** The job's last valid result or error line, from stdout; an engine that mixes the streams is fine too. */
  final: JobFinal | undefined;
  /** Highest memory use that the job reported, in bytes. */
  memoryPeakBytes: number | undefined;
  /** Whether the job said that it has its secrets. */
  secretsReceived = false;
  /** Its lines but progress, masked, for the ledger. */
  readonly log = new LogBuffer();
  readonly #mask: Mask;
  readonly #listener: OutputListener;
  readonly #tail: string[] = [];
  #logged = 0;
  readonly #stdout = new LineSplitter((line) => this.#line(line));
  readonly #stderr = new LineSplitter((line) => this.#line(line));

  constructor(mask: Mask, listener: OutputListener = {}) {
    this.#mask = mask;
    this.#listener = listener;
  }

  stdout(chunk: Uint8Array): void {
    this.#stdout.push(chunk);
  }

  stderr(chunk: Uint8Array): void {
    this.#stderr.push(chunk);
  }

  /** To be called once the output is drained. */
  end(): void {
    this.#stdout.end();
    this.#stderr.end();
  }

  /** The last lines that are no progress, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  #line(line: string): void {
    if (line.trim() === '') return;
    const message = parseMessage(line);
    switch (message?.type) {
      case 'progress':
        this.memoryPeakBytes = Math.max(this.memoryPeakBytes ?? 0, message.memoryPeakBytes ?? 0) || undefined;
        this.#listener.progress?.(this.#mask.json(message));
        return;
      case 'result':
      case 'error':
        this.final = this.#masked(message);
        this.#listener.final?.(this.final);
        break;
      case 'log':
        if (message.event === SECRETS_RECEIVED) this.secretsReceived = true;
        if (message.event !== undefined) this.#listener.event?.(message.event);
        break;
      case undefined:
        break;
    }
    this.#keep(message === undefined ? this.#mask.text(line) : JSON.stringify(this.#mask.json(message)));
  }

  /** Masks what a job may put in freely; the contract's own words stay, even if a password should be one of them. */
  #masked(final: JobFinal): JobFinal {
    if (final.type === 'error') return { ...final, message: this.#mask.text(final.message), details: this.#mask.json(final.details) };
    return { ...this.#mask.json(final), type: final.type, mode: final.mode } as JobFinal;
  }

  #keep(line: string): void {
    this.log.push(line);
    this.#listener.line?.(line);
    // A slice would keep the whole line in memory; a copy doesn't.
    const cut = line.length > TAIL_LINE_CHARS ? `${Buffer.from(line.slice(0, TAIL_LINE_CHARS)).toString()}…` : line;
    this.#tail.push(cut);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#logged++;
    if (this.#logged <= MAX_LOGGED_LINES) this.#listener.log?.(cut);
    if (this.#logged === MAX_LOGGED_LINES) this.#listener.log?.(`(the gateway logs no more than ${MAX_LOGGED_LINES} lines of one attempt)`);
  }
}
