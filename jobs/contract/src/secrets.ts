import { z } from 'zod';
import { type Column, columnSchema } from './commit.ts';

/** The columns of a pipeline's newest run before, per dataset: what a job compares its own with. It travels beside the secrets, since it may be larger than a variable can be. */
export const previousColumnsSchema = z.object({ run: z.string(), datasets: z.record(z.string(), z.array(columnSchema)) });

/** The one JSON line that carries secrets, on standard input or in a file. */
export const secretsSchema = z.object({
  type: z.literal('secrets'),
  values: z.record(z.string(), z.string()),
  /** Null where there is none; left out by gateways of before, which name the manifest's key (`previous` of the request) in its place. */
  previous: previousColumnsSchema.nullable().optional(),
});
export type SecretsLine = z.infer<typeof secretsSchema>;

/** Previous run and its columns by dataset, as the gateway knows them; null if it knows that there are none. */
type PreviousForJob = { readonly run: string; readonly datasets: Readonly<Record<string, readonly Column[]>> } | null;

/** The event that a job logs once it has its secrets; a gateway that adopts a container sends them again unless it saw it. */
export const SECRETS_RECEIVED = 'secrets-received';

/** Writes the secrets line as a gateway sends it; the leading line end parts it from whatever stood on the stream before. */
export function secretsLine(values: Readonly<Record<string, string>>, previous?: PreviousForJob): string {
  return `\n${JSON.stringify({ type: 'secrets', values, ...(previous === undefined ? {} : { previous }) })}\n`;
}

/** Reads one line; undefined when it is not a valid secrets line, which a job skips. */
export function parseSecretsLine(line: string): SecretsLine | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  return secretsSchema.safeParse(json).data;
}
