import { type JobJson, jobJsonSchema } from '@esclusa/contract';
import { parseJson } from '../bounded-json.ts';
import { isReserved } from '../reserved-variables.ts';
import { EngineError } from './engine.ts';

/** Longest job.json that is looked at, in bytes. */
export const MAX_JOB_JSON_BYTES = 1024 * 1024;
/** Longest description of datasets, in letters of JSON. */
const MAX_SCHEMA_CHARS = 256 * 1024;
const MAX_PROBLEMS = 20;
/** A schema of many columns fits; of each wrong value zod would keep a complaint. */
const BOUNDS = { depth: 64, values: 20_000, names: 20_000 };

/** Reads a job.json that an engine found; rejects by `IMAGE_INVALID` with every problem listed. `where` begins the sentence, `mend` ends it. */
export function readJobJson(text: string, job: string, where: string, mend: string): JobJson {
  const invalid = (why: string, cause?: unknown): EngineError => new EngineError('IMAGE_INVALID', `${where} ${why}; ${mend}`, { cause });
  if (Buffer.byteLength(text) > MAX_JOB_JSON_BYTES) throw invalid(`holds a job.json of more than ${MAX_JOB_JSON_BYTES} bytes`);
  let json: unknown;
  try {
    json = parseJson(text, BOUNDS);
  } catch (error) {
    throw invalid(`holds a job.json that is not JSON (${(error as Error).message})`, error);
  }
  const { data, error } = jobJsonSchema.safeParse(json);
  if (error !== undefined) {
    const problems = error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
    throw invalid(`holds an invalid job.json (${problems.join('; ')})`, error);
  }
  if (data.name !== job) throw invalid(`is for the job "${data.name}" (name), not for "${job}"`);
  const reserved = data.environment.filter(({ name }) => isReserved(name)).map(({ name }) => name);
  if (reserved.length > 0) {
    throw invalid(`holds an invalid job.json (environment: ${reserved.join(', ')} can't be a job's own: what it needs of S3 it is given without asking)`);
  }
  if (JSON.stringify(data.datasets).length > MAX_SCHEMA_CHARS) throw invalid(`holds an invalid job.json (datasets: longer than ${MAX_SCHEMA_CHARS} letters)`);
  return data;
}
