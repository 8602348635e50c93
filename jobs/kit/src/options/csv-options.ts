import { z } from 'zod';
import { DELIMITERS, type Dialect, END_OF_DATA, PLAIN } from '../csv/rules.ts';

/** How a dataset's file is written, where not by default. */
export const csvOptions = z
  .strictObject({
    delimiter: z.enum(DELIMITERS).describe('Between fields; "," by default, ";" is what Excel expects in most of Europe and Latin America.').optional(),
    quoteAll: z.boolean().describe('true: quotes around every value; NULL has none, which tells it from text.').optional(),
    nullToken: z
      .string()
      .regex(/^[^\s",;|\p{Cc}]{0,32}$/u, 'a NULL token has at most 32 characters, and no space, quote, "," ";" or "|"')
      .refine((token) => token !== END_OF_DATA, String.raw`"\." is the end of data to some readers`)
      .describe(String.raw`How NULL is written, without quotes, like "\\N"; a text that reads the same has quotes. Nothing by default.`)
      .optional(),
    bom: z.boolean().describe('true: a byte order mark at the beginning, by which Excel knows UTF-8.').optional(),
    guardFormulas: z
      .boolean()
      .describe('true: an apostrophe before a text that a spreadsheet would take for a formula. It changes the value, which is counted as lossy.')
      .optional(),
  })
  .describe('How the file is written, where a reader needs it otherwise.')
  .optional();

/** The dialect that a dataset asks for. */
export function dialectOf(options: z.infer<typeof csvOptions>): Dialect {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return { ...PLAIN, ...Object.fromEntries(given) };
}

/** Whether a dialect is that of every source's bytes, so that they may pass as they are. */
export function isPlain(dialect: Dialect): boolean {
  return (Object.keys(PLAIN) as (keyof Dialect)[]).every((key) => dialect[key] === PLAIN[key]);
}
