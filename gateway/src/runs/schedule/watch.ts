import type { Logger } from 'pino';
import type { Schedule } from '../../pipelines/schedule.ts';
import { RetryPause } from '../retry-pause.ts';
import { dueTick, nextTick } from './ticks.ts';

/** What the watch over one schedule needs. */
export interface WatchServices {
  /**
   * Since when the pipeline has had a schedule of this fingerprint, without another in between: the first caller's clock, kept
   * where it outlives the gateway. A schedule that is switched off is told too, so that to switch it on again counts as new.
   */
  firstSeen(pipeline: string, fingerprint: string): Promise<Date>;
  /** Has a tick's run accepted, once however often it is called: `done` when it had been accepted before. Rejects when it can't be now. */
  submit(pipeline: string, tick: Date): Promise<'accepted' | 'done'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly now: () => Date;
  /** How long `submit` remembers a tick, in milliseconds: whether an older one has run, nobody can tell, so it is not made up for. */
  readonly rememberedMs: number;
  /** Ends all that has not begun. */
  readonly signal: AbortSignal;
  /** Takes what goes on after a look has ended. */
  readonly begin: (work: Promise<void>) => void;
}

/** A tick that has come and is not accepted yet. */
interface Pending {
  readonly tick: Date;
  readonly pause: RetryPause;
  submitting: boolean;
}

/** Watches one schedule of one pipeline. When the schedule changes to another, a new watch takes its place. */
export class Watch {
  readonly #pipeline: string;
  readonly #services: WatchServices;
  readonly #notBefore: Date | undefined;
  readonly #learnPause = new RetryPause();
  #schedule: Schedule;
  /** From here on this process has watched. */
  #watchedSince: Date;
  #state: 'unknown' | 'learning' | 'known' = 'unknown';
  /** Ticks up to here have been seen to. */
  #seenTo: Date;
  /** The first tick after that; no need to ask for it at each look. */
  #next: Date | undefined;
  #pending: Pending | undefined;
  #ended = false;

  /** `notBefore`: when the pipeline was last seen with another schedule, or none; what came before that is none of this one's. */
  constructor(pipeline: string, schedule: Schedule, notBefore: Date | undefined, services: WatchServices) {
    this.#pipeline = pipeline;
    this.#schedule = schedule;
    this.#notBefore = notBefore;
    this.#services = services;
    this.#watchedSince = services.now();
    this.#seenTo = this.#watchedSince;
  }

  /** Begins what is due, and does not wait for it. `asleep`: the process did not run for a while, or the clock was set forward. */
  look(schedule: Schedule, fingerprint: string, asleep: boolean): void {
    const now = this.#services.now();
    this.#schedule = schedule;
    if (asleep && schedule.missed === 'skip') this.#skipTo(now);
    if (this.#state === 'known') this.#seeTo(now);
    else if (this.#state === 'unknown' && this.#learnPause.isOver(now)) this.#services.begin(this.#learn(fingerprint));
  }

  /** Ends the watch, for its schedule is gone. */
  end(): void {
    this.#ended = true;
    if (this.#pending === undefined || this.#pending.submitting) return;
    this.#services.log.warn({ pipeline: this.#pipeline, tick: this.#pending.tick }, 'a scheduled run is given up, for its schedule is gone');
  }

  async #learn(fingerprint: string): Promise<void> {
    this.#state = 'learning';
    try {
      const firstSeen = await this.#services.firstSeen(this.#pipeline, fingerprint);
      this.#state = 'known';
      this.#seenTo = this.#start(firstSeen);
      this.#next = nextTick(this.#schedule, this.#seenTo);
    } catch (error) {
      this.#state = 'unknown';
      this.#warn(error, this.#learnPause, {}, 'a schedule can not be looked up; its runs wait for that');
      return;
    }
    this.#seeTo(this.#services.now());
  }

  /** After which instant ticks are this watch's. */
  #start(firstSeen: Date): Date {
    if (this.#schedule.missed === 'skip') return this.#watchedSince;
    // A first sight that was written only now, after some tries, takes nothing away from what was watched.
    const from = Math.min(firstSeen.getTime(), this.#watchedSince.getTime());
    return new Date(Math.max(from, this.#notBefore?.getTime() ?? from, this.#services.now().getTime() - this.#services.rememberedMs));
  }

  #skipTo(now: Date): void {
    this.#watchedSince = now;
    if (this.#state !== 'known') return;
    const missed = dueTick(this.#schedule, this.#seenTo, now);
    if (missed !== undefined) this.#services.log.info({ pipeline: this.#pipeline, tick: missed }, 'a scheduled run was missed and is skipped');
    this.#seenTo = now;
    this.#next = nextTick(this.#schedule, now);
  }

  #seeTo(now: Date): void {
    if (!this.#schedule.enabled || this.#ended || this.#services.signal.aborted) return;
    if (now < this.#seenTo) this.#goBack(now);
    if (this.#next !== undefined && this.#next <= now) this.#due(dueTick(this.#schedule, this.#seenTo, now) ?? this.#next);
    const pending = this.#pending;
    if (pending !== undefined && !pending.submitting && pending.pause.isOver(now)) this.#services.begin(this.#submit(pending));
  }

  /** The clock was set back: a tick that lies ahead again comes again, and is known by then if it ran. Else none would come for as long. */
  #goBack(now: Date): void {
    this.#seenTo = now;
    this.#next = nextTick(this.#schedule, now);
    if (this.#pending !== undefined && this.#pending.tick > now) this.#pending = undefined;
  }

  #due(tick: Date): void {
    const { log } = this.#services;
    if (this.#pending !== undefined) log.warn({ pipeline: this.#pipeline, tick: this.#pending.tick }, 'a scheduled run is given up, for the next is due');
    this.#pending = { tick, pause: new RetryPause(), submitting: false };
    this.#seenTo = tick;
    this.#next = nextTick(this.#schedule, tick);
  }

  async #submit(pending: Pending): Promise<void> {
    const { tick } = pending;
    pending.submitting = true;
    try {
      const outcome = await this.#services.submit(this.#pipeline, tick);
      if (outcome === 'accepted') this.#services.log.info({ pipeline: this.#pipeline, tick }, 'scheduled run accepted');
      if (this.#pending === pending) this.#pending = undefined;
    } catch (error) {
      const message = this.#ended
        ? 'a scheduled run could not be accepted, and is given up, for its schedule is gone'
        : 'a scheduled run can not be accepted now; it is tried again until the next is due';
      if (this.#pending === pending) this.#warn(error, pending.pause, { tick }, message);
    } finally {
      pending.submitting = false;
    }
  }

  #warn(error: unknown, pause: RetryPause, details: object, message: string): void {
    const retrySeconds = pause.failed(this.#services.now()) / 1000;
    this.#services.log.warn({ err: error, pipeline: this.#pipeline, ...details, retrySeconds }, message);
  }
}
