import { describe, expect, test } from '@jest/globals';
import { Bench, DAILY, schedule, watching } from './testing/bench.ts';

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

  test('that makes the list slow is no sleep', async () => {
    const bench = await watching('2026-11-25T02:57:58Z', [{ name: 'ventas', schedule: { ...DAILY, missed: 'skip' } }]);
    const { list } = bench;
    bench.list = () => {
      bench.now = new Date('2026-11-25T02:59:59Z');
      return list();
    };
    expect(await bench.watch(1)).toEqual([]);
    bench.list = list;
    expect(await bench.watch(1)).toEqual(['ventas 11-25T03:00']);
  });

  test('with looking up a schedule is its own', async () => {
    const bench = new Bench('2026-11-25T02:59:59Z');
    bench.pipelines = [{ name: 'ventas', schedule: DAILY }];
    bench.lookUp = () => Promise.reject(new Error('S3 is away'));
    await bench.watch(10);
    expect(bench.asked).toBe(4);
    expect(bench.warnings.map(({ retrySeconds }) => retrySeconds)).toEqual([1, 2, 4, 8]);
  });
});
