import { CONTRACT_ENV, JobError, type JobRequest, requestSchema } from '@esclusa/contract';
import type { z } from 'zod';

/** The request in the environment, checked; undefined when there is none, which is a run by hand. */
export function readRequest(environment: NodeJS.ProcessEnv): JobRequest | undefined {
  const text = environment[CONTRACT_ENV.request];
  if (text === undefined || text === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new JobError('REQUEST_INVALID', `${CONTRACT_ENV.request} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) throw invalid(CONTRACT_ENV.request, parsed.error);
  return parsed.data;
}

/** The datasets of a request, checked with the job's own schema; every problem is listed. */
export function readDatasets<Dataset>(request: JobRequest, schema: z.ZodType<Dataset>): Map<string, Dataset> {
  const datasets = new Map<string, Dataset>();
  for (const [name, value] of Object.entries(request.datasets)) {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw invalid(`datasets.${name}`, parsed.error);
    datasets.set(name, parsed.data);
  }
  return datasets;
}

function invalid(where: string, error: z.ZodError): JobError {
  const problems = error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  return new JobError('REQUEST_INVALID', problems.join('; '), { details: { problems } });
}
