import type { JobJson } from '@esclusa/contract';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Pipeline, PipelineProblem } from './pipeline.ts';

/** Checks what the job knows better than the gateway: its datasets and the variables that a pipeline may set. */
export function checkAgainstJob(pipeline: Pipeline, job: JobJson): PipelineProblem[] {
  const problem = (path: readonly PropertyKey[], message: string): PipelineProblem => {
    const place = pipeline.placeOf(path);
    return { file: pipeline.file, line: pipeline.lineOf(place), field: place.join('.'), message };
  };
  // `$schema` names the dialect that Ajv2020 speaks anyway; other keywords that it doesn't know are the job's own business.
  const { $schema: _, ...schema } = job.datasets;
  let validate: ValidateFunction;
  try {
    validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
  } catch (error) {
    return [problem(['job'], `the job.json of "${job.name}" describes its datasets by an invalid JSON Schema: ${(error as Error).message}`)];
  }
  const problems: PipelineProblem[] = [];
  for (const [name, dataset] of Object.entries(pipeline.datasets)) {
    if (validate(dataset)) continue;
    for (const error of validate.errors ?? []) {
      const unknown = error.keyword === 'additionalProperties' ? [(error.params as { additionalProperty: string }).additionalProperty] : [];
      const path = ['datasets', name, ...error.instancePath.split('/').slice(1), ...unknown];
      problems.push(problem(path, describe(error)));
    }
  }
  const variables = new Set(job.environment.map((variable) => variable.name));
  for (const name of Object.keys(pipeline.source)) {
    if (!variables.has(name)) problems.push(problem(['source', name], `the job "${job.name}" has no such variable; it has ${[...variables].join(', ')}`));
  }
  const secret = job.environment.filter((variable) => variable.secret).map((variable) => variable.name);
  for (const name of secret) {
    const value = pipeline.source[name];
    if (value !== undefined && !/^\$\{[A-Z_][A-Z0-9_]*\}$/.test(value)) {
      problems.push(problem(['source', name], `a secret does not belong in a file: write \${NAME} and set NAME in the gateway's environment`));
    }
  }
  return withoutDoubles(problems);
}

/** A default that is wrong is so in each dataset, and told once. */
function withoutDoubles(problems: readonly PipelineProblem[]): PipelineProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify([problem.field, problem.message]), problem])).values()];
}

function describe(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') return 'unknown field';
  if (error.keyword === 'not') return "fields that do not go together (see the job's description of its datasets)";
  return error.message ?? 'invalid';
}
