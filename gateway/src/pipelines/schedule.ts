import { Cron } from 'croner';
import { z } from 'zod';

/** What counts as a schedule's rule; the other fields say what is done with its ticks. */
export type ScheduleRule = Pick<Schedule, 'cron' | 'timezone'>;

const cron = z
  .string({ error: 'must be a cron expression of five fields in quotes, such as "0 3 * * *"' })
  .transform((text) => text.trim().replaceAll(/\s+/g, ' '))
  .superRefine((text, context) => {
    const problem = cronProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const timezone = z.string().refine(isTimezone, 'no such time zone; an IANA name is wanted, such as "Europe/Madrid" or "UTC"');

/** When a pipeline runs by itself. The short form, a cron expression alone, has the defaults for all else. */
export const scheduleSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { cron: value } : value),
  z.strictObject(
    {
      /** Minute, hour, day of the month, month, day of the week. */
      cron,
      /** Where the cron expression's clock hangs. */
      timezone: timezone.default('UTC'),
      /** What becomes of a tick that passed while no gateway ran: the newest one is made up for, or none. */
      missed: z.enum(['run', 'skip'], { error: 'must be "run" or "skip"' }).default('run'),
      enabled: z.boolean({ error: 'must be true or false' }).default(true),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be a cron expression in quotes, such as "0 3 * * *", or a map with "cron"' : undefined) },
  ),
);
export type Schedule = z.infer<typeof scheduleSchema>;

/**
 * The rule as croner reads it; it starts no timer. A time of day without wildcard or step is kept as Vixie cron keeps it when
 * clocks change: runs/schedule/ticks.ts says how.
 */
export function toCron({ cron, timezone }: ScheduleRule): Cron {
  return new Cron(cron, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
}

function cronProblem(text: string): string | undefined {
  const fields = text === '' ? 0 : text.split(' ').length;
  // Said here because croner also takes nicknames and dates, and speaks of modes.
  if (fields !== 5) return `"${text}" has ${fields} field${fields === 1 ? '' : 's'}; five are wanted: minute, hour, day of the month, month, day of the week`;
  try {
    const next = toCron({ cron: text, timezone: 'UTC' }).nextRun(new Date(0));
    return next === null ? `"${text}" never comes: no date is like this` : undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

function isTimezone(name: string): boolean {
  // Intl also takes offsets ("+02:00"), which know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return true;
  } catch {
    return false;
  }
}
