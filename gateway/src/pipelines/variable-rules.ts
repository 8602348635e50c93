import type { JobJson, JobVariable } from '@esclusa/contract';
import { isReserved } from '../reserved-variables.ts';
import { holdsPassword, looksSecret } from '../secret-names.ts';
import type { KnownJobs } from './known-jobs.ts';

/*
 * Decides which of the gateway's variables a job may be given. An image is a stranger: what its job.json asks for, it gets only where the name is
 * its own, or where the pipeline hands it over by name. docs/jobs.md has the rules for people.
 */

/** The gateway's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A rule that is broken; `variable` is the one under `source` that breaks it, undefined where the job.json does. */
export interface VariableProblem {
  readonly variable?: string;
  readonly message: string;
}

/** Matches a pipeline's reference to a variable of the gateway: `${NAME}` or `${NAME:-default}`. */
export const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}/g;

/** The secret of masks, which is the same for all jobs by intention, so that equal values stay equal across them. */
const SHARED: ReadonlySet<string> = new Set(['MASK_SECRET']);
/** How much shorter than the job's name the beginning of its variables may be. */
const CUT_OFF = 3;
const LEAST = 4;

/** Returns true if a variable's name begins with the job's, perhaps without its last letters (`ZETA_HOST` of zeta or zetadb): it is the job's own. */
export function isOwn(name: string, job: string): boolean {
  return missing(name, job) <= CUT_OFF;
}

/** How many last letters of the job's name a variable's name leaves out; infinitely many where it does not begin with it. */
function missing(name: string, job: string): number {
  const own = job.toUpperCase().replaceAll('-', '_');
  if (name.startsWith(`${own}_`)) return 0;
  const [first = ''] = name.split('_', 1);
  const isBeginning = first !== name && first.length >= LEAST && !own.includes('_') && own.startsWith(first);
  return isBeginning ? own.length - first.length : Infinity;
}

/** Returns true if the variable is the job's own, and no other's that declares it and has the nearer name (`COUNT_USER`: counting's before counting2's). */
function isNearest(name: string, job: string, jobs: KnownJobs | undefined): boolean {
  const others = jobs?.othersThatDeclare(name, job) ?? [];
  return isOwn(name, job) && others.every((other) => missing(name, job) <= missing(name, other));
}

/** Every rule that the pipeline's `source` or the job's job.json breaks. Without `jobs` only what this job says counts. */
export function variableProblems(source: Readonly<Record<string, string>>, job: JobJson, environment: Environment, jobs?: KnownJobs): VariableProblem[] {
  return job.environment.flatMap((variable): VariableProblem[] => {
    const { name } = variable;
    if (isReserved(name)) return [{ message: `the job "${job.name}" declares ${name}, which is never a job's own: give it another name in its job.json` }];
    // A name out of nowhere ("constructor") is none of the pipeline's.
    const written = Object.hasOwn(source, name) ? source[name] : undefined;
    if (written !== undefined) return referenceProblems(written, variable, job, environment, jobs).map((message) => ({ variable: name, message }));
    if ((environment[name] ?? '') === '') return [];
    const message = implicitProblem(variable, job, environment, jobs);
    return message === undefined ? [] : [{ message }];
  });
}

function referenceProblems(written: string, { name, secret }: JobVariable, job: JobJson, environment: Environment, jobs: KnownJobs | undefined): string[] {
  return [...written.matchAll(REFERENCE)].flatMap(([, referred = '']) => {
    if (isReserved(referred)) return [`\${${referred}} is never given to a job, since the gateway or its host goes by it: take a variable of another name`];
    const why = secret ? undefined : whySecret(referred, job, environment, jobs);
    return why === undefined
      ? []
      : [
          `\${${referred}} is a secret (${why}) and ${name} is plain, so that anybody could read it: refer to another variable, or have the job.json say "secret": true`,
        ];
  });
}

/** Problem of giving a job the gateway's variable of the same name when the pipeline does not mention it. */
function implicitProblem({ name, secret }: JobVariable, job: JobJson, environment: Environment, jobs: KnownJobs | undefined): string | undefined {
  if (!secret) {
    const why = whySecret(name, job, environment, jobs);
    if (why !== undefined) {
      return `the job "${job.name}" declares ${name} plain, and the gateway's ${name} is a secret (${why}): have its job.json say "secret": true, or write a value under source`;
    }
  }
  if (isNearest(name, job.name, jobs)) return undefined;
  if (secret ? SHARED.has(name) : (jobs?.othersThatDeclare(name, job.name) ?? []).length === 0) return undefined;
  return `the job "${job.name}" asks for ${name}, which does not begin with its name, or is nearer to another job's: if it is to have the gateway's, write "${name}: \${${name}}" under source; if not, "${name}: ''"`;
}

/** Why a variable counts as secret; undefined when it does not. Of its own variables a job knows best, so that no other can spoil them by calling them secret. */
function whySecret(name: string, job: JobJson, environment: Environment, jobs: KnownJobs | undefined): string | undefined {
  if (looksSecret(name)) return 'by its name';
  if (job.environment.some((variable) => variable.name === name && variable.secret)) return 'its job.json says so';
  if (!isNearest(name, job.name, jobs) && jobs?.isSecret(name) === true) return 'the job.json of a job says so';
  return holdsPassword(environment[name] ?? '') ? 'it holds an address with a password' : undefined;
}
