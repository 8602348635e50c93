import { type JobJson, jobJsonSchema } from '@esclusa/contract';
import { EngineError } from './engine.ts';

/** Reads a job.json that an engine found; rejects by `IMAGE_INVALID` with every problem listed. `where` begins the sentence, `mend` ends it. */
export function readJobJson(text: string, job: string, where: string, mend: string): JobJson {
  const invalid = (why: string, cause?: unknown): EngineError => new EngineError('IMAGE_INVALID', `${where} ${why}; ${mend}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(`holds a job.json that is not JSON (${(error as Error).message})`, error);
  }
  const { data, error } = jobJsonSchema.safeParse(json);
  if (error !== undefined) {
    const problems = error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
    throw invalid(`holds an invalid job.json (${problems.join('; ')})`, error);
  }
  if (data.name !== job) throw invalid(`is for the job "${data.name}" (name), not for "${job}"`);
  return data;
}
