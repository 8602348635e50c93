import { afterEach, describe, expect, test } from '@jest/globals';
import type { Schedule } from '../../pipelines/schedule.ts';
import type { Scheduler, SchedulerOptions } from './scheduler.ts';
import { Bench, DAILY, HOURLY, LONG_AGO, schedule, watching } from './testing/bench.ts';

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
    bench.lookUp = () => Promise.reject(new Error('S3 is away'));
    expect(await bench.watch(30)).toEqual([]);
    bench.lookUp = () => Promise.resolve();
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

  test('and is gone while it was looked up whether its schedule is new does not run', async () => {
    const bench = new Bench('2026-11-25T09:30:00Z');
    bench.pipelines = [{ name: 'ventas', schedule: HOURLY }];
    bench.firstSeen.set('ventas', LONG_AGO);
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.lookUp = () => promise;
    expect(await bench.watch(1)).toEqual([]);
    bench.pipelines = [];
    expect(await bench.watch(1)).toEqual([]);
    resolve();
    expect(await bench.watch(60)).toEqual([]);
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
