import type { JobJson } from '@esclusa/contract';

/** Every job whose job.json this gateway has read, as it was read last: what one of them calls a secret is one for the others too. */
export class KnownJobs {
  readonly #jobs = new Map<string, JobJson>();
  #version = 0;

  /** Changes when anything of the jobs does. */
  get version(): number {
    return this.#version;
  }

  /** Takes a job as it is described now. */
  add(job: JobJson): void {
    if (this.#jobs.get(job.name) === job) return;
    this.#jobs.set(job.name, job);
    this.#version++;
  }

  /** Returns true if any job declares the variable secret. */
  isSecret(name: string): boolean {
    return this.#some((variable) => variable.name === name && variable.secret);
  }

  /** Returns true if a job other than this one declares the variable. */
  othersDeclare(name: string, job: string): boolean {
    return this.#some((variable, of) => variable.name === name && of !== job);
  }

  /** Names of all variables that are declared secret. */
  secrets(): ReadonlySet<string> {
    return new Set([...this.#jobs.values()].flatMap(({ environment }) => environment.filter(({ secret }) => secret).map(({ name }) => name)));
  }

  #some(test: (variable: JobJson['environment'][number], job: string) => boolean): boolean {
    for (const [name, { environment }] of this.#jobs) if (environment.some((variable) => test(variable, name))) return true;
    return false;
  }
}
