import { datasetNameSchema } from '@esclusa/contract';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';

/** Body of `POST /api/ingesta/{pipeline}`; all of it may be left out. */
export const ingestaBodySchema = z.strictObject({
  datasets: z.array(datasetNameSchema).min(1).optional().describe("Names of the pipeline's datasets to extract; all of them by default."),
  keep: z
    .boolean()
    .optional()
    .describe('For debugging: `true` keeps the containers of the run, to be looked into by `docker logs`, `docker inspect` and `docker cp`, for KEEP_HOURS.'),
});
export type IngestaBody = z.infer<typeof ingestaBodySchema>;

const MAX_BODY = '64kb';

/** Reads the body as text, whatever its content type: `curl -d` calls everything a form. */
export const readBody: RequestHandler = express.text({ type: () => true, limit: MAX_BODY });

/** The body, checked. Rejects with `BODY_INVALID` that lists every field that is wrong. */
export function parseIngestaBody(text: unknown): IngestaBody {
  if (typeof text !== 'string' || text.trim() === '') return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('BODY_INVALID', `the body is not JSON: ${(cause as Error).message}; send none, or {"datasets": ["…"]}`, { cause });
  }
  const parsed = ingestaBodySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const message = issue.code === 'unrecognized_keys' ? 'unknown field; the body knows "datasets" and "keep"' : issue.message;
    return fields.map((path) => ({ field: path.join('.'), message }));
  });
  const detail = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new GatewayError('BODY_INVALID', detail, { details: { errors } });
}
