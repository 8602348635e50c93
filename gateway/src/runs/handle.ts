import type { JobProgress, Manifest } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';
import type { AttemptReport, EndedRun, OpenRun, Owner, TimelineEntry } from '../ledger/entries.ts';
import type { QueueEntry } from '../ledger/keys.ts';
import { within } from '../within.ts';
import type { OutputCollector } from './output/collector.ts';
import type { TroubleListener } from './persist.ts';
import { type ProgressSnapshot, ProgressMeter } from './progress.ts';
import { type RunEvent, type RunState, isFinal, nextState } from './state.ts';

const UNKNOWN_AFTER_MS = 60_000;

/** What those who follow a run are told. */
export type RunNews =
  | { readonly kind: 'timeline'; readonly entry: TimelineEntry }
  | { readonly kind: 'progress' }
  /** A line of its job's output, masked. */
  | { readonly kind: 'line'; readonly attempt: number; readonly line: string };

/** A run that this gateway knows of and that has not ended, or has just now: where it stands, and who waits for it. */
export class RunHandle implements TroubleListener {
  readonly run: string;
  readonly owner: Owner;
  readonly entry: QueueEntry;
  /** What was accepted; undefined while only its place in the queue is known. */
  accepted: OpenRun | undefined;
  /** Resolves once its entry is in S3; rejects when that failed. One that was found there is accepted. */
  acceptance: Promise<void> = Promise.resolve();
  /** Attempts that have ended. */
  readonly reports: AttemptReport[] = [];
  readonly timeline: TimelineEntry[] = [];
  /** What the newest attempt says. */
  output: { readonly attempt: number; readonly collector: OutputCollector } | undefined;
  /** How it ended, once it has. */
  result: EndedRun | undefined;
  /** Why driving it failed, by a mistake of the gateway's: it is open, and taken up again. */
  failure: GatewayError | undefined;
  #meter = new ProgressMeter();
  #state: RunState = 'queued';
  readonly #listeners = new Set<(news: RunNews) => void>();
  #cancelled = false;
  #cancel: AbortController | undefined;
  #answer = waiting();
  #unknown: NodeJS.Timeout | undefined;

  constructor(owner: Owner, entry: QueueEntry, acceptedAt: Date, accepted?: OpenRun) {
    this.run = entry.run;
    this.owner = owner;
    this.entry = entry;
    this.accepted = accepted;
    this.timeline.push({ at: acceptedAt.toISOString(), event: 'accepted', state: nextState(undefined, 'accepted') });
  }

  /** Where it stands. */
  get state(): RunState {
    return this.#state;
  }

  /** Whether somebody wants the run to be cancelled. */
  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** Aborted when somebody does. Made when it is asked for: most of very many runs in line never need one. */
  get cancelled(): AbortSignal {
    this.#cancel ??= new AbortController();
    if (this.#cancelled) this.#cancel.abort();
    return this.#cancel.signal;
  }

  /** How the run ended, or undefined once so many seconds are over. Rejects when that can't be learnt in time; the run goes on all the same. */
  async answerWithin(seconds: number): Promise<EndedRun | undefined> {
    if (this.result !== undefined) return this.result;
    if (seconds <= 0) return undefined;
    return within(seconds * 1_000, this.#answer.promise);
  }

  /** How far its datasets are. */
  get progress(): ProgressSnapshot {
    return this.#meter.snapshot();
  }

  /** An attempt begins to say something. */
  begins(attempt: number, collector: OutputCollector): void {
    this.output = { attempt, collector };
    this.#meter = new ProgressMeter(Object.keys(this.accepted?.datasets ?? {}));
  }

  /** A dataset is so far. */
  progressed(progress: JobProgress): void {
    this.#meter.take(progress, Date.now());
    this.tell({ kind: 'progress' });
  }

  /** Its datasets are published. */
  published(manifest: Manifest): void {
    for (const { name, rows, bytes } of manifest.resources) this.#meter.done(name, rows, bytes);
    this.tell({ kind: 'progress' });
  }

  /** Something happened. Times within one run differ, so that one who comes back can say up to which he was told. */
  note(event: RunEvent, attempt?: number): void {
    this.#state = nextState(this.#state, event);
    const last = Date.parse(this.timeline.at(-1)?.at ?? '') || 0;
    const at = new Date(Math.max(Date.now(), last + 1)).toISOString();
    const entry = { at, event, state: this.#state, ...(attempt === undefined ? {} : { attempt }) };
    this.timeline.push(entry);
    this.tell({ kind: 'timeline', entry });
  }

  /** Tells those who follow it. */
  tell(news: RunNews): void {
    for (const listener of this.#listeners) listener(news);
  }

  /** Follows it until the returned function is called. */
  follow(listener: (news: RunNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Somebody wants it to be cancelled. */
  cancel(): void {
    if (this.#cancelled || isFinal(this.#state)) return;
    this.#cancelled = true;
    this.note('cancel-asked');
    this.#cancel?.abort();
  }

  /** Tells whoever waits how it ended. */
  ended(ended: EndedRun): void {
    this.relieved();
    if (this.result !== undefined) return;
    this.result = ended;
    if (!isFinal(this.#state)) this.note(ended.state);
    this.#answer.resolve(ended);
    this.note('answered');
  }

  /** Lets go of whoever waits; who comes later waits anew. */
  letGo(error: GatewayError): void {
    this.relieved();
    this.#answer.reject(error);
    this.#answer = waiting();
  }

  /** Driving it failed. */
  failed(error: GatewayError): void {
    this.failure = error;
    this.letGo(error);
  }

  trouble(error: unknown): void {
    this.#unknown ??= setTimeout(() => {
      const why = error instanceof Error ? error.message : String(error);
      this.letGo(new GatewayError('OUTCOME_UNKNOWN', `the outcome of the run can't be learnt for now (${why}); it goes on`, { details: { run: this.run } }));
    }, UNKNOWN_AFTER_MS).unref();
  }

  relieved(): void {
    clearTimeout(this.#unknown);
    this.#unknown = undefined;
  }
}

function waiting(): PromiseWithResolvers<EndedRun> {
  const answer = Promise.withResolvers<EndedRun>();
  // Often nobody waits: the caller was answered before the end, or has gone with an earlier gateway.
  answer.promise.catch(() => {});
  return answer;
}
