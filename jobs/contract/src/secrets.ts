import { z } from 'zod';

/** The one JSON line that carries secrets, on standard input or in a file. */
export const secretsSchema = z.object({
  type: z.literal('secrets'),
  values: z.record(z.string(), z.string()),
});
export type SecretsLine = z.infer<typeof secretsSchema>;

/** The event that a job logs once it has its secrets; a gateway that adopts a container sends them again unless it saw it. */
export const SECRETS_RECEIVED = 'secrets-received';

/** Writes the secrets line as a gateway sends it; the leading line end parts it from whatever stood on the stream before. */
export function secretsLine(values: Readonly<Record<string, string>>): string {
  return `\n${JSON.stringify({ type: 'secrets', values } satisfies SecretsLine)}\n`;
}

/** Reads one line; undefined when it is not a valid secrets line, which a job skips. */
export function parseSecretsLine(line: string): SecretsLine['values'] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  return secretsSchema.safeParse(json).data?.values;
}
