import { configSchema } from './config.ts';

/*
 * The names of environment variables that are never a job's: no job.json may declare one, no pipeline may refer to one.
 * The variables that tell a job of S3 and of its request come from runs/plan.ts alone.
 */

/** Families: AWS's chain, jobs' S3 identity, the contract, and what decides how a process or Docker itself runs. */
const FAMILY = /^(AWS|JOB_AWS|ESCLUSA|DOCKER|COMPOSE|NODE|NPM|LD|OPENSSL|GLIBC|MALLOC)_/;
const PROCESS = ['PATH', 'HOME', 'SHELL', 'USER', 'PWD', 'IFS', 'BASH_ENV', 'ENV'];
const FROM_FILE = /_FILE$/;

const RESERVED: ReadonlySet<string> = new Set([...Object.keys(configSchema.shape), ...PROCESS]);

/** Returns true if a variable is the gateway's, AWS's, the contract's or the process's own, also if its value comes from a file (`…_FILE`). */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || RESERVED.has(name.replace(FROM_FILE, '')) || FAMILY.test(name);
}
