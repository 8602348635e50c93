import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Schedule } from '../../pipelines/schedule.ts';
import { dueTick, fingerprintOf, nextTick } from './ticks.ts';

const DAILY = { cron: '0 3 * * *', timezone: 'UTC' };

function due(schedule: { cron: string; timezone: string }, since: string, now: string): string | undefined {
  return dueTick(schedule, new Date(since), new Date(now))?.toISOString();
}

/** The ticks of some hours in Madrid, as UTC times of day; the newest due tick must agree with the next one at each. */
function madrid(cron: string, from: string, hours: number): string[] {
  const schedule = { cron, timezone: 'Europe/Madrid' };
  const end = new Date(new Date(from).getTime() + hours * 3_600_000);
  const ticks: string[] = [];
  let at = new Date(from);
  for (;;) {
    const next = nextTick(schedule, at);
    if (next === undefined || next > end) return ticks;
    expect(dueTick(schedule, at, next)).toEqual(next);
    expect(dueTick(schedule, next, new Date(next.getTime() + 1000))).toBeUndefined();
    ticks.push(next.toISOString().slice(11, 16));
    at = next;
  }
}

describe('the tick that is due', () => {
  test.each([
    ['none has come', '2026-11-25T03:00:00.000Z', '2026-11-26T02:59:59.999Z', undefined],
    ['one comes at this instant', '2026-11-25T03:00:00.000Z', '2026-11-26T03:00:00.000Z', '2026-11-26T03:00:00.000Z'],
    ['one came within the second', '2026-11-26T02:59:59.999Z', '2026-11-26T03:00:00.001Z', '2026-11-26T03:00:00.000Z'],
    ['one came hours ago', '2026-11-26T02:00:00.000Z', '2026-11-26T23:00:00.000Z', '2026-11-26T03:00:00.000Z'],
    ['it has been seen already', '2026-11-26T03:00:00.000Z', '2026-11-26T23:00:00.000Z', undefined],
    ['several came: the newest', '2026-11-20T00:00:00.000Z', '2026-11-26T23:00:00.000Z', '2026-11-26T03:00:00.000Z'],
    ['the clock was set back', '2026-11-26T04:00:00.000Z', '2026-11-26T02:00:00.000Z', undefined],
  ])('is right when %s', (_, since, now, tick) => {
    expect(due(DAILY, since, now)).toBe(tick);
  });

  test("hangs on the time zone's clock", () => {
    const madrid = { ...DAILY, timezone: 'Europe/Madrid' };
    expect(due(madrid, '2026-07-01T00:00:00Z', '2026-07-01T12:00:00Z')).toBe('2026-07-01T01:00:00.000Z');
    expect(due(madrid, '2026-12-01T00:00:00Z', '2026-12-01T12:00:00Z')).toBe('2026-12-01T02:00:00.000Z');
  });

  test('agrees with the one that was to come next, at any instant and in any time zone', () => {
    const crons = fc.constantFrom('* * * * *', '*/7 * * * *', '30 2 * * *', '0 2,14 * * *', '0 0 1 * *', '15 1-3 * * SUN');
    const timezones = fc.constantFrom('UTC', 'Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kathmandu');
    const instants = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(crons, timezones, instants, (cron, timezone, since) => {
        const schedule = { cron, timezone };
        const next = nextTick(schedule, since) as Date;
        expect(next.getTime()).toBeGreaterThan(since.getTime());
        expect(dueTick(schedule, since, next)).toEqual(next);
        expect(dueTick(schedule, since, new Date(next.getTime() - 1))).toBeUndefined();
      }),
    );
  });
});

describe('the night in which Madrid skips 02:00 to 03:00 (01:00 UTC, 2026-03-29)', () => {
  const from = '2026-03-28T23:00:00Z';

  test('a time of day within comes at the first instant after, 03:00', () => {
    expect(madrid('30 2 * * *', from, 24)).toEqual(['01:00']);
    expect(madrid('0 2,14 * * *', from, 24)).toEqual(['01:00', '12:00']);
  });

  test('a time of day within comes once with another that stands right after', () => {
    expect(madrid('0 2-3 * * *', from, 24)).toEqual(['01:00']);
  });

  test('intervals go on, and what lies within does not come', () => {
    expect(madrid('*/30 * * * *', from, 3)).toEqual(['23:30', '00:00', '00:30', '01:00', '01:30', '02:00']);
    expect(madrid('30 */2 * * *', from, 6)).toEqual(['23:30', '02:30', '04:30']);
  });
});

describe('the night in which Madrid has 02:00 to 03:00 twice (00:00 to 02:00 UTC, 2026-10-25)', () => {
  const from = '2026-10-24T22:00:00Z';

  test('a time of day within comes once, the first time', () => {
    expect(madrid('30 2 * * *', from, 24)).toEqual(['00:30']);
    expect(madrid('0 2,14 * * *', from, 24)).toEqual(['00:00', '13:00']);
  });

  test('intervals go on, through both hours', () => {
    expect(madrid('*/30 * * * *', from, 4)).toEqual(['22:30', '23:00', '23:30', '00:00', '00:30', '01:00', '01:30', '02:00']);
  });
});

describe('the next tick', () => {
  test('lies after this instant', () => {
    expect(nextTick(DAILY, new Date('2026-11-25T03:00:00Z'))).toEqual(new Date('2026-11-26T03:00:00Z'));
    expect(nextTick(DAILY, new Date('2026-11-25T02:59:59.999Z'))).toEqual(new Date('2026-11-25T03:00:00Z'));
  });

  test('may be years away', () => {
    expect(nextTick({ cron: '0 0 29 2 *', timezone: 'UTC' }, new Date('2026-11-25'))).toEqual(new Date('2028-02-29T00:00:00Z'));
  });
});

describe('the fingerprint of a schedule', () => {
  const schedule: Schedule = { ...DAILY, missed: 'run', enabled: true };

  test('stays when only the policy for missed ticks changes', () => {
    expect(fingerprintOf({ ...schedule, missed: 'skip' })).toBe(fingerprintOf(schedule));
    expect(fingerprintOf(schedule)).toMatch(/^[0-9a-f]{32}$/);
  });

  test('changes with when it ticks', () => {
    const changed: Partial<Schedule>[] = [{}, { cron: '0 4 * * *' }, { timezone: 'Europe/Madrid' }, { enabled: false }];
    expect(new Set(changed.map((change) => fingerprintOf({ ...schedule, ...change }))).size).toBe(4);
  });
});
