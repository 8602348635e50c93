import { afterEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { type Schedule, scheduleSchema } from '../../pipelines/schedule.ts';
import { type Scheduled, Scheduler, type SchedulerOptions } from './scheduler.ts';

const HOURLY = schedule({ cron: '0 * * * *' });
const DAILY = schedule({ cron: '0 3 * * *' });
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

function schedule(fields: Partial<Schedule>): Schedule {
  return scheduleSchema.parse(fields);
}

/** A scheduler with a clock that stands until it is set, and services that record what they are asked. */
class Bench {
  now: Date;
  pipelines: Scheduled[] | Error = [];
  readonly submitted: string[] = [];
  readonly warnings: { msg: string; pipeline?: string; retrySeconds?: number }[] = [];
  readonly firstSeen = new Map<string, Date>();
  asked = 0;
  firstSeenFails = false;
  /** What becomes of a submission; accepted unless it is set. */
  submit: (pipeline: string, tick: Date) => Promise<'accepted' | 'done'> = () => Promise.resolve('accepted');
  readonly scheduler: Scheduler;

  constructor(now: string, options: SchedulerOptions = {}) {
    this.now = new Date(now);
    const log = pino({ level: 'warn' }, { write: (line) => void this.warnings.push(JSON.parse(line)) });
    this.scheduler = new Scheduler(
      {
        log,
        pipelines: () => (Array.isArray(this.pipelines) ? Promise.resolve(this.pipelines) : Promise.reject(this.pipelines)),
        firstSeen: (pipeline) => {
          this.asked++;
          if (this.firstSeenFails) return Promise.reject(new Error('S3 is away'));
          return Promise.resolve(this.firstSeen.get(pipeline) ?? this.now);
        },
        submit: (pipeline, tick) => {
          this.submitted.push(`${pipeline} ${tick.toISOString().slice(5, 16)}`);
          return this.submit(pipeline, tick);
        },
      },
      { now: () => this.now, ...options },
    );
  }

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
async function watching(now: string, pipelines: Scheduled[], options?: SchedulerOptions): Promise<Bench> {
  const bench = new Bench(now, options);
  bench.pipelines = pipelines;
  await bench.at(now);
  expect(bench.submitted).toEqual([]);
  return bench;
}

describe('a tick that comes while the gateway watches', () => {
  test('is submitted once', async () => {
    const bench = await watching('2026-11-25T02:59:58.500Z', [{ name: 'ventas', schedule: DAILY }, { name: 'plain' }]);
    expect(await bench.watch(1)).toEqual([]);
    expect(await bench.watch(1)).toEqual(['ventas 11-25T03:00']);
    expect(await bench.watch(90)).toEqual([]);
    expect(bench.warnings).toEqual([]);
    expect(bench.asked).toBe(1);
  });

  test('is submitted whatever becomes of missed ones', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: { ...DAILY, missed: 'skip' } }]);
    expect(await bench.watch(60)).toEqual(['ventas 11-25T03:00']);
  });

  test('is followed by the next', async () => {
    const bench = await watching('2026-11-25T02:59:30Z', [{ name: 'ventas', schedule: schedule({ cron: '* * * * *' }) }]);
    expect(await bench.watch(180)).toEqual(['ventas 11-25T03:00', 'ventas 11-25T03:01', 'ventas 11-25T03:02']);
  });

  test('is not submitted when the schedule is switched off', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: { ...DAILY, enabled: false } }]);
    expect(await bench.watch(60)).toEqual([]);
  });

  test('is submitted though it could not be looked up when it came that the schedule is new', async () => {
    const bench = new Bench('2026-11-25T02:59:50Z');
    bench.pipelines = [{ name: 'ventas', schedule: DAILY }];
    bench.firstSeenFails = true;
    expect(await bench.watch(30)).toEqual([]);
    bench.firstSeenFails = false;
    expect(await bench.watch(30)).toEqual(['ventas 11-25T03:00']);
  });
});

/** Starts a gateway at 09:30; gives what it submits in its first seconds. */
async function start(fields: Partial<Schedule>, firstSeen: Date, options?: SchedulerOptions): Promise<string[]> {
  const bench = new Bench('2026-11-25T09:30:00Z', options);
  bench.pipelines = [{ name: 'ventas', schedule: schedule(fields) }];
  bench.firstSeen.set('ventas', firstSeen);
  return bench.watch(5);
}

describe('a tick that passed while no gateway ran', () => {
  test('is made up for at the start, the newest only', async () => {
    expect(await start(HOURLY, LONG_AGO)).toEqual(['ventas 11-25T09:00']);
  });

  test('is skipped where the schedule says so', async () => {
    expect(await start({ ...HOURLY, missed: 'skip' }, LONG_AGO)).toEqual([]);
  });

  test('is none of a schedule that is younger', async () => {
    expect(await start(DAILY, new Date('2026-11-25T03:00:01Z'))).toEqual([]);
    expect(await start(DAILY, new Date('2026-11-25T02:59:59Z'))).toEqual(['ventas 11-25T03:00']);
  });

  test('is left alone where it is switched off', async () => {
    expect(await start({ ...HOURLY, enabled: false }, LONG_AGO)).toEqual([]);
  });

  test('is left alone when nobody can tell any more whether it ran', async () => {
    const monthly = { cron: '0 0 1 * *' };
    expect(await start(monthly, LONG_AGO)).toEqual(['ventas 11-01T00:00']);
    expect(await start(monthly, LONG_AGO, { rememberedMs: 7 * 24 * 3_600_000 })).toEqual([]);
  });

  test('is not submitted twice when it had run, and that is no trouble', async () => {
    const bench = new Bench('2026-11-25T09:30:00Z');
    bench.pipelines = [{ name: 'ventas', schedule: HOURLY }];
    bench.firstSeen.set('ventas', LONG_AGO);
    bench.submit = () => Promise.resolve('done');
    expect(await bench.watch(60)).toEqual(['ventas 11-25T09:00']);
    expect(bench.warnings).toEqual([]);
  });
});

describe('a tick that is not accepted', () => {
  test('is tried again at growing pauses until it is, with a warning each time', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: DAILY }]);
    const tries: number[] = [];
    bench.submit = () => {
      tries.push(bench.now.getTime() / 1000 - Date.UTC(2026, 10, 25, 3) / 1000);
      return tries.length < 9 ? Promise.reject(new Error('the waiting room is full')) : Promise.resolve('accepted');
    };
    await bench.watch(600);
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(new Set(bench.submitted)).toEqual(new Set(['ventas 11-25T03:00']));
    expect(bench.warnings.map(({ retrySeconds }) => retrySeconds)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(bench.warnings[0]).toMatchObject({ pipeline: 'ventas', tick: '2026-11-25T03:00:00.000Z', err: { message: 'the waiting room is full' } });
  });

  test('is given up when the next comes, and the log says so', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: schedule({ cron: '*/5 * * * *' }) }]);
    bench.submit = (_, tick) => (tick.getUTCMinutes() === 0 ? Promise.reject(new Error('S3 is away')) : Promise.resolve('accepted'));
    const submitted = await bench.watch(500);
    expect([...new Set(submitted)]).toEqual(['ventas 11-25T03:00', 'ventas 11-25T03:05']);
    expect(submitted.at(-1)).toBe('ventas 11-25T03:05');
    expect(bench.warnings.at(-1)).toMatchObject({ msg: 'a scheduled run is given up, for the next is due', tick: '2026-11-25T03:00:00.000Z' });
  });

  test('holds up no other pipeline, though its submission never ends, and not its own next tick either', async () => {
    const every = schedule({ cron: '* * * * *' });
    const bench = await watching('2026-11-25T02:59:59Z', [
      { name: 'stuck', schedule: every },
      { name: 'ventas', schedule: every },
    ]);
    bench.submit = (pipeline) => (pipeline === 'stuck' ? new Promise(() => {}) : Promise.resolve('accepted'));
    expect(await bench.watch(62)).toEqual(['stuck 11-25T03:00', 'ventas 11-25T03:00', 'stuck 11-25T03:01', 'ventas 11-25T03:01']);
  });

  test('is tried again when the clock was set back meanwhile', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: DAILY }]);
    bench.submit = () => Promise.reject(new Error('S3 is away'));
    expect(await bench.watch(10)).toHaveLength(4);
    bench.submit = () => Promise.resolve('accepted');
    expect(await bench.at('2026-11-25T03:00:01Z')).toEqual(['ventas 11-25T03:00']);
  });
});

describe('trouble', () => {
  test('with the list of pipelines is waited for, and no tick is lost by it', async () => {
    const bench = await watching('2026-11-25T02:59:50Z', [{ name: 'ventas', schedule: { ...DAILY, missed: 'skip' } }]);
    const { pipelines } = bench;
    bench.pipelines = new Error('the folder is away');
    expect(await bench.watch(600)).toEqual([]);
    expect(bench.warnings.map(({ retrySeconds }) => retrySeconds).slice(0, 4)).toEqual([1, 2, 4, 8]);
    bench.pipelines = pipelines;
    expect(await bench.watch(60)).toEqual(['ventas 11-25T03:00']);
  });

  test('with looking up a schedule is its own', async () => {
    const bench = new Bench('2026-11-25T02:59:59Z');
    bench.pipelines = [{ name: 'ventas', schedule: DAILY }];
    bench.firstSeenFails = true;
    await bench.watch(10);
    expect(bench.asked).toBe(4);
    expect(bench.warnings.map(({ retrySeconds }) => retrySeconds)).toEqual([1, 2, 4, 8]);
  });
});

describe('a pipeline that changes', () => {
  test.each<[string, Schedule | undefined, Schedule]>([
    ['gets a schedule', undefined, DAILY],
    ['gets another', HOURLY, DAILY],
    ['is switched on', { ...DAILY, enabled: false }, DAILY],
    ['gets another time zone', DAILY, { ...DAILY, timezone: 'Asia/Tokyo' }],
  ])('that %s does not run for the past, though it had that schedule before', async (_, before, after) => {
    const bench = await watching('2026-11-25T09:30:00Z', [{ name: 'ventas', schedule: before }]);
    bench.firstSeen.set('ventas', LONG_AGO);
    bench.pipelines = [{ name: 'ventas', schedule: after }];
    expect(await bench.watch(10)).toEqual([]);
  });

  test('goes by the new schedule from then on', async () => {
    const bench = await watching('2026-11-25T02:59:00Z', [{ name: 'ventas', schedule: DAILY }]);
    bench.pipelines = [
      { name: 'ventas', schedule: schedule({ cron: '1 3 * * *' }) },
      { name: 'nueva', schedule: DAILY },
    ];
    expect(await bench.watch(180)).toEqual(['nueva 11-25T03:00', 'ventas 11-25T03:01']);
  });

  test('and is gone is not submitted any more, and the log says what is given up', async () => {
    const bench = await watching('2026-11-25T02:59:59Z', [{ name: 'ventas', schedule: HOURLY }]);
    bench.submit = () => Promise.reject(new Error('S3 is away'));
    expect(await bench.watch(1)).toEqual(['ventas 11-25T03:00']);
    bench.pipelines = [];
    expect(await bench.watch(3700)).toEqual([]);
    expect(bench.warnings.at(-1)).toMatchObject({ msg: 'a scheduled run is given up, for its schedule is gone', pipeline: 'ventas' });
  });
});

describe('a clock that jumps', () => {
  test('forward, or a process that slept, makes up for the newest tick', async () => {
    const bench = await watching('2026-11-25T02:30:00Z', [{ name: 'ventas', schedule: HOURLY }]);
    expect(await bench.at('2026-11-25T07:30:00Z')).toEqual(['ventas 11-25T07:00']);
    expect(await bench.watch(60)).toEqual([]);
  });

  test('forward skips ticks where the schedule says so', async () => {
    const bench = await watching('2026-11-25T02:30:00Z', [{ name: 'ventas', schedule: { ...HOURLY, missed: 'skip' } }]);
    expect(await bench.at('2026-11-25T07:59:59Z')).toEqual([]);
    expect(await bench.watch(60)).toEqual(['ventas 11-25T08:00']);
  });

  test('back does not stop the ticks that lie ahead again', async () => {
    const bench = await watching('2030-01-01T00:30:00Z', [{ name: 'ventas', schedule: HOURLY }]);
    expect(await bench.at('2030-01-01T01:00:00Z')).toEqual(['ventas 01-01T01:00']);
    expect(await bench.at('2026-11-25T02:59:59Z')).toEqual([]);
    expect(await bench.watch(3602)).toEqual(['ventas 11-25T03:00', 'ventas 11-25T04:00']);
  });
});

describe('the loop', () => {
  const running: Scheduler[] = [];
  afterEach(() => {
    for (const scheduler of running.splice(0)) scheduler.stop();
  });

  test('looks at once and again, until it is stopped', async () => {
    const bench = new Bench('2026-11-25T02:59:59Z');
    bench.pipelines = [{ name: 'ventas', schedule: HOURLY }];
    running.push(bench.scheduler);
    bench.scheduler.start();
    bench.scheduler.start();
    await bench.scheduler.idle();
    expect(bench.asked).toBe(1);
    const submitted = new Promise<void>((resolve) => {
      bench.submit = () => {
        resolve();
        return Promise.resolve('accepted');
      };
    });
    bench.now = new Date('2026-11-25T03:00:00Z');
    await submitted;
    bench.scheduler.stop();
    await bench.scheduler.idle();
    expect(await bench.at('2026-11-25T04:00:00Z')).toEqual([]);
    expect(bench.submitted).toEqual(['ventas 11-25T03:00']);
  });

  test('submits nothing more when it is stopped while it looks', async () => {
    const bench = new Bench('2026-11-25T09:30:00Z');
    bench.pipelines = [{ name: 'ventas', schedule: HOURLY }];
    bench.firstSeen.set('ventas', LONG_AGO);
    bench.scheduler.start();
    bench.scheduler.stop();
    await bench.scheduler.idle();
    expect(bench.submitted).toEqual([]);
  });
});
