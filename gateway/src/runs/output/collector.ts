import { CONNECTED, DATASETS_READ, JOB_ERRORS, type JobFinal, type JobMessage, type JobProgress, SECRETS_RECEIVED } from '@esclusa/contract';
import type { OutputSink } from '../../engine/engine.ts';
import { LineSplitter, MAX_LINE_CHARS } from './lines.ts';
import { LogBuffer } from './log-buffer.ts';
import type { Mask } from './mask.ts';
import { readMessage } from './read-message.ts';

const TAIL_LINES = 50;
const TAIL_LINE_CHARS = 2_000;
/** A job that floods its output must not flood the gateway's log. */
const MAX_LOGGED_LINES = 2_000;
/** Longest result line of a job that was asked what it would extract: columns of thousands of tables. */
const MAX_RESULT_CHARS = 2 * 1024 * 1024;
const RESULT = /^\{\s*"type"\s*:\s*"result"/;
const EVENTS: ReadonlySet<string> = new Set([SECRETS_RECEIVED, CONNECTED, DATASETS_READ]);

/** Question to a job, which bounds its answer. */
export interface Asked {
  readonly mode: 'run' | 'check' | 'plan';
  readonly datasets: readonly string[];
}

/** Told of what a job says while it says it; everything is masked already. */
export interface OutputListener {
  progress?(progress: JobProgress): void;
  /** A line for the gateway's log: long ones cut, and only so many of them. */
  log?(line: string): void;
  /** The same for those who follow the run: all of them, whole. */
  line?(line: string): void;
  /** A valid result or error line; there may be another one. */
  final?(line: JobFinal): void;
  /** Receives an event that the contract names, once each. */
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
  /** A result line was longer than any may be, and so is lost. */
  resultCut = false;
  readonly #mask: Mask;
  readonly #asked: ReadonlySet<string> | undefined;
  readonly #events = new Set<string>();
  #ignored = false;
  readonly #most: number;
  readonly #listener: OutputListener;
  readonly #tail: string[] = [];
  #logged = 0;
  readonly #stdout: LineSplitter;
  readonly #stderr: LineSplitter;

  /** `asked`: what the job was asked; without it whatever it says counts. */
  constructor(mask: Mask, listener: OutputListener = {}, asked?: Asked) {
    this.#mask = mask;
    this.#listener = listener;
    this.#asked = asked === undefined ? undefined : new Set(asked.datasets);
    this.#most = asked === undefined || asked.mode === 'run' ? MAX_LINE_CHARS : MAX_RESULT_CHARS;
    // The part that is cut off may hold the rest of a secret. The mask would not recognise its beginning alone.
    const splitter = (): LineSplitter => new LineSplitter((line, cut) => this.#safely(line, cut), this.#most + mask.margin);
    this.#stdout = splitter();
    this.#stderr = splitter();
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

  /** Whatever a job writes: the stream that brings it must not break. */
  #safely(line: string, cut: boolean): void {
    try {
      this.#line(line, cut);
    } catch (error) {
      this.#warn('line-lost', `a line of the job could not be read (${(error as Error).name})`);
    }
  }

  #line(line: string, cut: boolean): void {
    if (line.trim() === '') return;
    const isResult = RESULT.test(line);
    const tooLong = cut || line.length > (isResult ? this.#most : MAX_LINE_CHARS);
    if (tooLong && isResult) this.resultCut = true;
    const message = tooLong ? undefined : readMessage(line, this.#asked);
    if (message === 'ignored') return this.#ignore();
    if (message !== undefined && this.#heard(message)) return;
    this.#keep(message === undefined ? this.#cutText(line, cut) : JSON.stringify(this.#mask.json(message)));
  }

  /** Processes a message; returns true if that was all, and nothing of its line is to be kept. */
  #heard(message: JobMessage): boolean {
    switch (message.type) {
      case 'progress':
        this.memoryPeakBytes = Math.max(this.memoryPeakBytes ?? 0, message.memoryPeakBytes ?? 0) || undefined;
        this.#listener.progress?.({ ...message, dataset: this.#asked === undefined ? this.#mask.text(message.dataset) : message.dataset });
        return true;
      case 'result':
      case 'error':
        this.final = this.#masked(message);
        this.#listener.final?.(this.final);
        return false;
      case 'log':
        if (message.event !== undefined && EVENTS.has(message.event) && !this.#events.has(message.event)) {
          this.#events.add(message.event);
          if (message.event === SECRETS_RECEIVED) this.secretsReceived = true;
          this.#listener.event?.(message.event);
        }
        return false;
      default: {
        const never: never = message;
        return never;
      }
    }
  }

  /** The line masked, then cut: at a place where no secret can have begun. */
  #cutText(line: string, cut: boolean): string {
    const masked = this.#mask.text(line);
    return (cut && this.#mask.margin > 0 ? masked.slice(0, -this.#mask.margin) : masked).slice(0, MAX_LINE_CHARS);
  }

  #ignore(): void {
    if (this.#ignored) return;
    this.#ignored = true;
    this.#warn('progress-ignored', 'progress of datasets that were not asked for, or in lines of more than 4 KiB, is ignored');
  }

  #warn(event: string, message: string): void {
    this.#keep(JSON.stringify({ type: 'log', level: 'warn', event, message }));
  }

  /** Masks what a job may put in freely; the contract's own words stay, even if a password should be one of them. */
  #masked(final: JobFinal): JobFinal {
    if (final.type === 'error') {
      const isKnown = Object.hasOwn(JOB_ERRORS, final.code);
      const code = isKnown || this.#mask.text(final.code) === final.code ? final.code : 'JOB_FAILED';
      return { ...final, code, message: this.#mask.text(final.message), ...(final.details === undefined ? {} : { details: this.#mask.json(final.details) }) };
    }
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
