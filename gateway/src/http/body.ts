import { SCHEMA_POLICIES, datasetNameSchema } from '@esclusa/contract';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';

/** Body of `POST /api/ingesta/{pipeline}`; all of it may be left out. */
export const ingestaBodySchema = z.strictObject({
  datasets: z.array(datasetNameSchema).min(1).optional().describe("Names of the pipeline's datasets to extract; all of them by default."),
  fullRefresh: z.boolean().optional().describe('`true` reads incremental datasets from the beginning; the next run goes on from there.'),
  schemaChanges: z
    .enum(SCHEMA_POLICIES)
    .optional()
    .describe('What becomes of this run where columns are not those of the run before, in place of what the datasets say: `allow`, `additive` or `fail`.'),
  keep: z
    .boolean()
    .optional()
    .describe('For debugging: `true` keeps the containers of the run, to be looked into by `docker logs`, `docker inspect` and `docker cp`, for KEEP_HOURS.'),
});
export type IngestaBody = z.infer<typeof ingestaBodySchema>;

const MAX_BODY = '64kb';

/** Reads the body as text, whatever its content type: `curl -d` calls everything a form. */
export const readBody: RequestHandler = express.text({ type: () => true, limit: MAX_BODY });

/** A query, checked. Rejects with `BODY_INVALID` that lists every parameter that is wrong. */
export function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  throw new GatewayError('BODY_INVALID', errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { details: { errors } });
}

/** Body of `POST /api/ingesta/{pipeline}/plan`. */
export const planBodySchema = ingestaBodySchema.pick({ datasets: true });

/** The body of a request to run a pipeline, checked. */
export function parseIngestaBody(text: unknown): IngestaBody {
  return parseBody(ingestaBodySchema, text);
}

/** The body, checked. Rejects with `BODY_INVALID` that lists every field that is wrong, or shows what is `wanted`. */
export function parseBody<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  text: unknown,
  wanted = 'none, or {"datasets": ["…"]}',
): z.infer<z.ZodObject<Shape>> {
  let json: unknown = {};
  try {
    if (typeof text === 'string' && text.trim() !== '') json = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('BODY_INVALID', `the body is not JSON: ${(cause as Error).message}; send ${wanted}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const known = Object.keys(schema.shape)
    .map((name) => `"${name}"`)
    .join(' and ');
  const errors = parsed.error.issues.flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const message = issue.code === 'unrecognized_keys' ? `unknown field; the body knows ${known}` : issue.message;
    return fields.map((path) => ({ field: path.join('.'), message }));
  });
  const detail = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new GatewayError('BODY_INVALID', detail, { details: { errors } });
}
