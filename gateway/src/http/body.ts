import { SCHEMA_POLICIES, datasetNameSchema } from '@esclusa/contract';
import { z } from 'zod';
import { type JsonBounds, JsonBoundsError, parseJson } from '../bounded-json.ts';
import { GatewayError } from '../errors.ts';
import { protoKeyIn } from '../proto-key.ts';

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

/** Depth that leaves room for the document that a part of the body may be kept in. */
const JSON_OF_BODIES: JsonBounds = { depth: 32, values: 10_000, names: 1_000 };
/** Wrong fields that an answer lists. */
const MOST_TOLD = 20;
/** Letters of a field's name, or of what is wrong with it, that it shows. */
const MAX_SHOWN_CHARS = 500;

/** A query, checked. Rejects with `BODY_INVALID` that lists every parameter that is wrong. */
export function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })));
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
    if (typeof text === 'string' && text.trim() !== '') json = parseJson(text, JSON_OF_BODIES);
  } catch (cause) {
    if (cause instanceof JsonBoundsError) throw new GatewayError('BODY_INVALID', `the body ${cause.message}; send ${wanted}`, { cause });
    throw new GatewayError('BODY_INVALID', `the body is not JSON: ${(cause as Error).message}; send ${wanted}`, { cause });
  }
  const proto = protoKeyIn(json);
  if (proto !== undefined) {
    throw invalid([{ field: proto.join('.'), message: 'no field may have this name' }]);
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
  throw invalid(errors);
}

interface WrongField {
  readonly field: string;
  readonly message: string;
}

/** Tells the first of them only: an answer may be sent to many, and none of them needs to read it. */
function invalid(wrong: readonly WrongField[]): GatewayError {
  const errors = wrong.slice(0, MOST_TOLD).map(({ field, message }) => ({ field: shortened(field), message: shortened(message) }));
  const sentences = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const more = wrong.length > MOST_TOLD ? [`${wrong.length - MOST_TOLD} more fields are wrong`] : [];
  return new GatewayError('BODY_INVALID', [...sentences, ...more].join('; '), { details: { errors } });
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}
