import type { JobJson } from '@esclusa/contract';
import type { KnownJobs } from './known-jobs.ts';
import type { Pipeline, PipelineProblem } from './pipeline.ts';
import { askSchema } from './schema-thread.ts';
import type { SchemaAnswer } from './schema-worker.ts';
import { type Environment, isOwn, variableProblems } from './variable-rules.ts';

/** Context of a pipeline's check, beside its job. */
export interface CheckedWith {
  readonly environment: Environment;
  readonly jobs: KnownJobs;
}

/** Schemas that took too long or could not be used: they are not tried again with the next pipeline. */
const useless = new WeakMap<JobJson, string>();

/** Checks what the job knows better than the gateway: its datasets and the variables that a pipeline may set. */
export async function checkAgainstJob(pipeline: Pipeline, job: JobJson, { environment, jobs }: Partial<CheckedWith> = {}): Promise<PipelineProblem[]> {
  const problem = (path: readonly PropertyKey[], message: string): PipelineProblem => {
    const place = pipeline.placeOf(path);
    return { file: pipeline.file, line: pipeline.lineOf(place), field: place.join('.'), message };
  };
  const answer = await checkDatasets(pipeline, job);
  if ('invalid' in answer) {
    return [
      {
        ...problem(['job'], `the job.json of "${job.name}" describes its datasets by an invalid JSON Schema, or one that can't be used: ${answer.invalid}`),
        blames: 'job',
      },
    ];
  }
  const problems = answer.mismatches.map(({ dataset, path, message }) => problem(['datasets', dataset, ...path], message));
  const variables = new Set(job.environment.map((variable) => variable.name));
  for (const name of Object.keys(pipeline.source)) {
    if (!variables.has(name)) problems.push(problem(['source', name], `the job "${job.name}" has no such variable; it has ${[...variables].join(', ')}`));
  }
  const secret = job.environment.filter((variable) => variable.secret).map((variable) => variable.name);
  for (const name of secret) {
    const value = Object.hasOwn(pipeline.source, name) ? pipeline.source[name] : undefined;
    // Nothing at all is how a pipeline keeps from a job what it asks for and is not its own.
    const kept = value === '' && !isOwn(name, job.name);
    if (value !== undefined && !kept && !/^\$\{[A-Z_][A-Z0-9_]*\}$/.test(value)) {
      problems.push(problem(['source', name], `a secret does not belong in a file: write \${NAME} and set NAME in the gateway's environment`));
    }
  }
  for (const { variable, message } of variableProblems(pipeline.source, job, environment ?? {}, jobs)) {
    problems.push(problem(variable === undefined ? ['job'] : ['source', variable], message));
  }
  return withoutDoubles(problems);
}

async function checkDatasets(pipeline: Pipeline, job: JobJson): Promise<SchemaAnswer> {
  const known = useless.get(job);
  if (known !== undefined) return { invalid: known };
  // `$schema` names the dialect that is spoken anyway.
  const { $schema: _, ...schema } = job.datasets;
  const answer = await askSchema({ schema, datasets: pipeline.datasets });
  if ('invalid' in answer) useless.set(job, answer.invalid);
  return answer;
}

/** A default that is wrong is so in each dataset, and told once. */
function withoutDoubles(problems: readonly PipelineProblem[]): PipelineProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify([problem.field, problem.message]), problem])).values()];
}
