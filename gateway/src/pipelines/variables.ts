import type { JobJson } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';
import { type Environment, REFERENCE, variableProblems } from './variable-rules.ts';

/** A job's variables for one pipeline, apart by whether they may be seen. */
export interface JobVariables {
  readonly plain: Record<string, string>;
  readonly secret: Record<string, string>;
}

/**
 * Finds the value of every variable that the job wants: from the pipeline's `source`, where `${NAME}` and `${NAME:-default}`
 * stand for variables of the gateway, else from the gateway's variable of the same name.
 * Throws `PIPELINE_NOT_CONFIGURED`, naming every variable that is missing, and `PIPELINE_INVALID` for one that the job may not have.
 */
export function resolveVariables(pipeline: { name: string; source: Record<string, string> }, job: JobJson, environment: Environment): JobVariables {
  // Once more after the catalogue: a run that is taken up again comes from the ledger.
  const problems = variableProblems(pipeline.source, job, environment);
  if (problems.length > 0) {
    const all = problems.map(({ variable, message }) => (variable === undefined ? message : `source.${variable}: ${message}`));
    throw new GatewayError('PIPELINE_INVALID', `the pipeline "${pipeline.name}" hands over what it must not: ${all.join('; ')}`, {
      details: { problems: all },
    });
  }
  const variables: JobVariables = { plain: {}, secret: {} };
  const missing: string[] = [];
  for (const { name, secret, required } of job.environment) {
    const written = Object.hasOwn(pipeline.source, name) ? pipeline.source[name] : undefined;
    const missingBefore = missing.length;
    const value = written === undefined ? environment[name] : expand(written, environment, missing);
    if (value !== undefined && value !== '') (secret ? variables.secret : variables.plain)[name] = value;
    else if (required && missing.length === missingBefore) missing.push(name);
  }
  if (missing.length > 0) {
    const names = [...new Set(missing)];
    throw new GatewayError(
      'PIPELINE_NOT_CONFIGURED',
      `the pipeline "${pipeline.name}" needs ${names.join(', ')}; set them in the gateway's environment (.env) and restart it`,
      {
        details: { variables: names },
      },
    );
  }
  return variables;
}

function expand(text: string, environment: Environment, missing: string[]): string {
  return text.replaceAll(REFERENCE, (_, name: string, otherwise: string | undefined) => {
    const value = environment[name] ?? otherwise;
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
}
