import { expect } from '@jest/globals';
import pino from 'pino';
import { type Schedule, scheduleSchema } from '../../../pipelines/schedule.ts';
import { type Scheduled, Scheduler, type SchedulerOptions } from '../scheduler.ts';

export const HOURLY = schedule({ cron: '0 * * * *' });
export const DAILY = schedule({ cron: '0 3 * * *' });
export const LONG_AGO = new Date('2026-01-01T00:00:00Z');

/** A schedule with the defaults for all that is not given. */
export function schedule(fields: Partial<Schedule>): Schedule {
  return scheduleSchema.parse(fields);
}

/** A scheduler with a clock that stands until it is set, and services that record what they are asked. */
export class Bench {
  now: Date;
  pipelines: Scheduled[] | Error = [];
  readonly submitted: string[] = [];
  readonly warnings: { msg: string; pipeline?: string; retrySeconds?: number }[] = [];
  readonly firstSeen = new Map<string, Date>();
  asked = 0;
  /** Goes before every answer of when a schedule was first seen. */
  lookUp: () => Promise<void> = () => Promise.resolve();
  /** What becomes of a submission; accepted unless it is set. */
  submit: (pipeline: string, tick: Date) => Promise<'accepted' | 'done'> = () => Promise.resolve('accepted');
  readonly scheduler: Scheduler;

  constructor(now: string, options: SchedulerOptions = {}) {
    this.now = new Date(now);
    const log = pino({ level: 'warn' }, { write: (line) => void this.warnings.push(JSON.parse(line)) });
    this.scheduler = new Scheduler(
      {
        log,
        pipelines: () => this.list(),
        firstSeen: async (pipeline) => {
          this.asked++;
          await this.lookUp();
          return this.firstSeen.get(pipeline) ?? this.now;
        },
        submit: (pipeline, tick) => {
          this.submitted.push(`${pipeline} ${tick.toISOString().slice(5, 16)}`);
          return this.submit(pipeline, tick);
        },
      },
      { now: () => this.now, ...options },
    );
  }

  /** Lists the pipelines, or fails to. */
  list: () => Promise<readonly Scheduled[]> = () => (Array.isArray(this.pipelines) ? Promise.resolve(this.pipelines) : Promise.reject(this.pipelines));

  /** Sets the clock and looks; gives what was submitted by that. */
  async at(now: string): Promise<string[]> {
    return this.look(new Date(now));
  }

  /** Looks once a second for so long. */
  async watch(seconds: number): Promise<string[]> {
    const submitted: string[] = [];
    for (let second = 0; second < seconds; second++) submitted.push(...(await this.look(new Date(this.now.getTime() + 1000))));
    return submitted;
  }

  private async look(now: Date): Promise<string[]> {
    this.now = now;
    const before = this.submitted.length;
    await this.scheduler.look();
    // Whatever can settle has settled by then, also beside a submission that never does.
    await new Promise(setImmediate);
    return this.submitted.slice(before);
  }
}

/** Runs a gateway that was started long ago, and whose pipelines all have been there. */
export async function watching(now: string, pipelines: Scheduled[], options?: SchedulerOptions): Promise<Bench> {
  const bench = new Bench(now, options);
  bench.pipelines = pipelines;
  await bench.at(now);
  expect(bench.submitted).toEqual([]);
  return bench;
}
