import { JobError } from '@esclusa/contract';
import type { z } from 'zod';
import type { Settings } from './job.ts';

/** Reads a source's settings; rejects with `CONFIG_INVALID`, every problem listed with its variable. */
export function parseSettings<T>(schema: z.ZodType<T>, settings: Settings): T {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return name !== '' && settings[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
  });
  throw new JobError('CONFIG_INVALID', problems.join('; '), { details: { problems } });
}
