import { describe, expect, test } from '@jest/globals';
import { formatProblem } from './pipeline.ts';
import { parsePipeline } from './read.ts';
import type { Schedule } from './schedule.ts';

const PIPELINE = 'job: zeta\ndatasets:\n  a:\n';

function good(text: string): Schedule | undefined {
  const read = parsePipeline('pipelines/ventas.yaml', PIPELINE + text);
  if (Array.isArray(read)) throw new Error(read.map(formatProblem).join('\n'));
  return read.schedule;
}

/** What is wrong, as a person reads it. */
function problems(text: string): string[] {
  const read = parsePipeline('pipelines/ventas.yaml', PIPELINE + text);
  return Array.isArray(read) ? read.map(formatProblem) : [];
}

describe("a pipeline's schedule", () => {
  test('may be left out', () => {
    expect(good('')).toBeUndefined();
  });

  test('is a cron expression', () => {
    const whole = { cron: '0 3 * * *', timezone: 'UTC', missed: 'run', enabled: true };
    expect(good('schedule: "0 3 * * *"\n')).toEqual(whole);
    expect(good('schedule: 0 3 * * *\n')).toEqual(whole);
    expect(good('schedule:\n  cron: "0 3 * * *"\n')).toEqual(whole);
    expect(good('schedule: "  0 3\t*  * * "\n')).toEqual(whole);
  });

  test('has a time zone, and says what becomes of missed ticks and whether it is on', () => {
    expect(good('schedule:\n  cron: 30 2 * * MON-FRI\n  timezone: Europe/Madrid\n  missed: skip\n  enabled: false\n')).toEqual({
      cron: '30 2 * * MON-FRI',
      timezone: 'Europe/Madrid',
      missed: 'skip',
      enabled: false,
    });
  });

  test.each(['*/5 * * * *', '0 0 29 2 *', '0 0 L * *', '0 8-18/2 * JAN,JUL 1-5', '0 0 * * 7'])('may be %s', (cron) => {
    expect(good(`schedule: "${cron}"\n`)).toMatchObject({ cron });
  });

  test.each<[string, string, string]>([
    ['too few fields', 'schedule: "0 3 * *"\n', '4: schedule.cron: "0 3 * *" has 4 fields; five are wanted: minute, hour, '],
    ['seconds', 'schedule:\n  cron: "0 0 3 * * *"\n', '5: schedule.cron: "0 0 3 * * *" has 6 fields; five are wanted'],
    ['a nickname', 'schedule: "@daily"\n', '4: schedule.cron: "@daily" has 1 field; five are wanted'],
    ['a date', 'schedule: "2026-01-01T00:00:00"\n', '4: schedule.cron: "2026-01-01T00:00:00" has 1 field; five are wanted'],
    ['nothing in the quotes', 'schedule: ""\n', '4: schedule.cron: "" has 0 fields; five are wanted'],
    ['a minute that there is not', 'schedule: "61 3 * * *"\n', '4: schedule.cron: Invalid value for minute: 61'],
    ['a word that is no day', 'schedule: "0 3 * * LUN"\n', '4: schedule.cron: '],
    ['a date that never comes', 'schedule: "0 0 31 2 *"\n', '4: schedule.cron: "0 0 31 2 *" never comes: '],
    ['a time zone that there is not', 'schedule:\n  cron: 0 3 * * *\n  timezone: Europe/Madird\n', '6: schedule.timezone: no such time zone; '],
    ['an offset for a time zone', 'schedule:\n  cron: 0 3 * * *\n  timezone: "+02:00"\n', '6: schedule.timezone: no such time zone; '],
    ['no time zone', 'schedule:\n  cron: 0 3 * * *\n  timezone: ""\n', '6: schedule.timezone: no such time zone; '],
    ['another policy', 'schedule:\n  cron: 0 3 * * *\n  missed: all\n', '6: schedule.missed: must be "run" or "skip"'],
    ['a word for a switch', 'schedule:\n  cron: 0 3 * * *\n  enabled: sometimes\n', '6: schedule.enabled: must be true or false'],
    ['an unknown field', 'schedule:\n  cron: 0 3 * * *\n  timeZone: UTC\n', '6: schedule.timeZone: unknown field'],
    ['no cron', 'schedule:\n  timezone: UTC\n', '4: schedule.cron: must be a cron expression of five fields in quotes'],
    ['a number', 'schedule: 5\n', '4: schedule: must be a cron expression in quotes, such as "0 3 * * *", or a map with "cron"'],
    ['nothing', 'schedule:\n', '4: schedule: must be a cron expression in quotes, such as "0 3 * * *", or a map with "cron"'],
    ['a list', 'schedule: [0, 3]\n', '4: schedule: must be a cron expression in quotes'],
  ])('is refused for %s, with the line and the field', (_, text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(`pipelines/ventas.yaml:${problem}`)]);
  });

  test('is refused with every problem at once', () => {
    expect(problems('schedule:\n  cron: "99 3 * * *"\n  timezone: Marte\n  every: day\n')).toHaveLength(3);
  });
});
