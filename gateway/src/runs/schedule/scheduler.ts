import type { Schedule } from '../../pipelines/schedule.ts';
import { RetryPause } from '../retry-pause.ts';
import { fingerprintOf } from './ticks.ts';
import { Watch, type WatchServices } from './watch.ts';

/** A pipeline, as far as the scheduler cares; one without a schedule belongs in the list too, so that it is known when it gets one. */
export interface Scheduled {
  readonly name: string;
  readonly schedule?: Schedule | undefined;
}

/** What the scheduler needs. */
export interface SchedulerServices extends Pick<WatchServices, 'firstSeen' | 'submit' | 'log'> {
  /** All pipelines as they are now; asked once a second. */
  pipelines(): Promise<readonly Scheduled[]>;
}

/** What may be set, for tests above all. */
export interface SchedulerOptions {
  readonly now?: () => Date;
  /** How long `submit` remembers a tick, in milliseconds; for ever unless set. */
  readonly rememberedMs?: number;
}

const LOOK_EVERY_MS = 1000;
/** Looks that lie further apart mean that the process was suspended, or the clock set forward. */
const ASLEEP_MS = 60_000;

interface Entry {
  readonly fingerprint: string | undefined;
  readonly watch: Watch | undefined;
  lookedAt: Date;
}

/**
 * Has each pipeline with a schedule run at each of its ticks: once a second it looks which have come. A tick that passed while no gateway
 * ran is made up for at the start, the newest only, unless the schedule says to skip it, or is younger. What can't be accepted is tried
 * again at growing pauses until the next tick. Every pipeline goes its own way: one that is stuck holds up no other.
 */
export class Scheduler {
  readonly #services: SchedulerServices;
  readonly #watchServices: WatchServices;
  readonly #stopped = new AbortController();
  readonly #working = new Set<Promise<void>>();
  readonly #listPause = new RetryPause();
  #entries = new Map<string, Entry>();
  #lookedAt: Date | undefined;
  #asleep = false;
  #timer: NodeJS.Timeout | undefined;
  #started = false;

  constructor(services: SchedulerServices, { now = () => new Date(), rememberedMs = Infinity }: SchedulerOptions = {}) {
    this.#services = services;
    this.#watchServices = {
      firstSeen: (pipeline, fingerprint) => services.firstSeen(pipeline, fingerprint),
      submit: (pipeline, tick) => services.submit(pipeline, tick),
      log: services.log,
      now,
      rememberedMs,
      signal: this.#stopped.signal,
      begin: (work) => this.#begin(work),
    };
  }

  /** Looks at once, and then once a second until {@link stop}; it does not keep the process alive. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#begin(this.#loop());
  }

  /** Looks no more and submits nothing more. What is being submitted goes on: {@link idle} waits for it. */
  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** Looks once: begins what is due for each pipeline, and does not wait for it. Never rejects. */
  async look(): Promise<void> {
    const { now, log } = this.#watchServices;
    if (this.#stopped.signal.aborted) return;
    const begun = now();
    this.#asleep ||= this.#lookedAt !== undefined && begun.getTime() - this.#lookedAt.getTime() > ASLEEP_MS;
    this.#lookedAt = begun;
    if (!this.#listPause.isOver(begun)) return;
    try {
      const pipelines = await this.#services.pipelines();
      this.#listPause.worked();
      if (this.#stopped.signal.aborted) return;
      this.#lookAtAll(pipelines);
      this.#asleep = false;
    } catch (error) {
      const retrySeconds = this.#listPause.failed(now()) / 1000;
      log.warn({ err: error, retrySeconds }, 'the pipelines can not be listed; scheduled runs wait for that');
    }
    // A list that took its time is no sleep.
    this.#lookedAt = now();
  }

  #lookAtAll(pipelines: readonly Scheduled[]): void {
    const { now, log } = this.#watchServices;
    const entries = new Map<string, Entry>();
    for (const { name, schedule } of pipelines) {
      const fingerprint = schedule === undefined ? undefined : fingerprintOf(schedule);
      const entry = this.#entryOf(name, fingerprint, schedule);
      entries.set(name, entry);
      entry.lookedAt = now();
      if (schedule === undefined || fingerprint === undefined) continue;
      try {
        entry.watch?.look(schedule, fingerprint, this.#asleep);
      } catch (error) {
        log.warn({ err: error, pipeline: name }, 'a schedule can not be followed');
      }
    }
    for (const [name, { watch }] of this.#entries) {
      if (entries.get(name)?.watch !== watch) watch?.end();
    }
    this.#entries = entries;
  }

  #entryOf(name: string, fingerprint: string | undefined, schedule: Schedule | undefined): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined && known.fingerprint === fingerprint) return known;
    const watch = schedule === undefined ? undefined : new Watch(name, schedule, known?.lookedAt, this.#watchServices);
    return { fingerprint, watch, lookedAt: this.#watchServices.now() };
  }

  async #loop(): Promise<void> {
    await this.look();
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(() => this.#begin(this.#loop()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  #begin(work: Promise<void>): void {
    const settled = work.finally(() => this.#working.delete(settled));
    this.#working.add(settled);
  }
}
