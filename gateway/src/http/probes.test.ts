import { describe, expect, test } from '@jest/globals';
import { Probe } from './probes.ts';

const TIMES = { freshMs: 2_000, patienceMs: 10, youngMs: 60_000 };

/** A probe whose clock and answers are set by hand. */
function stage(times = TIMES) {
  let now = 0;
  let asked = 0;
  let pending = Promise.withResolvers<string>();
  const probe = new Probe(
    () => {
      asked++;
      return pending.promise;
    },
    times,
    () => now,
  );
  return {
    probe,
    asked: () => asked,
    pass: (ms: number) => void (now += ms),
    answer: (text: string) => {
      pending.resolve(text);
      pending = Promise.withResolvers();
    },
  };
}

describe('a question for many', () => {
  test('is asked once at a time, and not again while its answer is fresh', async () => {
    const { probe, asked, pass, answer } = stage();
    const looks = Promise.all([probe.look(), probe.look(), probe.look()]);
    answer('a');
    expect(new Set((await looks).map((found) => ('result' in found ? found.result : 'none')))).toEqual(new Set(['a']));
    pass(1_999);
    expect(await probe.look()).toMatchObject({ result: 'a', at: new Date(0) });
    expect(asked()).toBe(1);
    pass(1);
    answer('b');
    const second = probe.look();
    answer('b');
    await second;
    expect(asked()).toBe(2);
  });

  test('that is long in coming has its last answer in its place while that is young, and then none', async () => {
    const { probe, asked, pass, answer } = stage();
    const first = probe.look();
    answer('a');
    await first;
    pass(3_000);
    expect(await probe.look()).toEqual({ result: 'a', at: new Date(0) });
    pass(60_000);
    expect(await probe.look()).toEqual({ waitedMs: 60_000 });
    expect(asked()).toBe(2);
    answer('b');
    expect(await probe.look()).toMatchObject({ result: 'b', at: new Date(63_000) });
  });

  test('that is long in coming is waited for by who came first, and by nobody again', async () => {
    const hours = { ...TIMES, patienceMs: 3_600_000 };
    const { probe, pass, answer } = stage(hours);
    const first = probe.look();
    answer('a');
    await first;
    pass(3_000);
    const second = probe.look();
    pass(3_600_000);
    expect(await probe.look()).toEqual({ waitedMs: 3_600_000 });
    answer('b');
    expect(await second).toMatchObject({ result: 'b' });
  });

  test('that was never answered says how long it has been', async () => {
    const { probe } = stage();
    expect(await probe.look()).toEqual({ waitedMs: 0 });
  });
});
