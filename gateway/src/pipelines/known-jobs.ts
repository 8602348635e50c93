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
    return [...this.#jobs.values()].some(({ environment }) => environment.some((variable) => variable.name === name && variable.secret));
  }

  /** Names of the jobs other than this one that declare the variable. */
  othersThatDeclare(name: string, job: string): string[] {
    return [...this.#jobs].flatMap(([of, { environment }]) => (of !== job && environment.some((variable) => variable.name === name) ? [of] : []));
  }

  /** Names of all variables that are declared secret. */
  secrets(): ReadonlySet<string> {
    return new Set([...this.#jobs.values()].flatMap(({ environment }) => environment.filter(({ secret }) => secret).map(({ name }) => name)));
  }
}
