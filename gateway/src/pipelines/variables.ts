import type { JobJson } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';

/** A job's variables for one pipeline, apart by whether they may be seen. */
export interface JobVariables {
  readonly plain: Record<string, string>;
  readonly secret: Record<string, string>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Finds the value of every variable that the job wants: from the pipeline's `source`, where `${NAME}` and `${NAME:-default}`
 * stand for variables of the gateway, else from the gateway's variable of the same name.
 * Rejects with `PIPELINE_NOT_CONFIGURED`, naming every variable that is missing.
 */
export function resolveVariables(pipeline: { name: string; source: Record<string, string> }, job: JobJson, environment: Environment): JobVariables {
  const variables: JobVariables = { plain: {}, secret: {} };
  const missing: string[] = [];
  for (const { name, secret, required } of job.environment) {
    const written = pipeline.source[name];
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
