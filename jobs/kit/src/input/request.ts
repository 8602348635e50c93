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
  if (!parsed.success) throw invalid(problemsOf(CONTRACT_ENV.request, parsed.error));
  return parsed.data;
}

/** The datasets of a request, checked with the job's own schema; every problem is listed. */
export function readDatasets<Dataset>(request: JobRequest, schema: z.ZodType<Dataset>): Map<string, Dataset> {
  const datasets = new Map<string, Dataset>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(request.datasets)) {
    const parsed = schema.safeParse(value);
    if (parsed.success) datasets.set(name, parsed.data);
    else problems.push(...problemsOf(`datasets.${name}`, parsed.error));
  }
  if (problems.length > 0) throw invalid(problems);
  return datasets;
}

function problemsOf(where: string, error: z.ZodError): string[] {
  return error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
}

function invalid(problems: readonly string[]): JobError {
  return new JobError('REQUEST_INVALID', problems.join('; '), { details: { problems } });
}
