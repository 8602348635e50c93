import { describe, expect, test } from '@jest/globals';
import { jobJsonSchema } from '@esclusa/contract';
import { z } from 'zod';
import type { Job, Settings } from '../job.ts';
import { MASK_SECRET } from '../masks/mask.ts';
import type { DatasetOptions } from '../options/dataset-options.ts';

/** A job with what its job.json says of it. */
export interface Description {
  readonly job: Pick<Job<DatasetOptions>, 'name' | 'dataset'>;
  readonly jobJson: unknown;
  /** Reads the source's settings, as its connect() does. */
  readonly readSettings: (settings: Settings) => object;
  /** Variables that are secret. */
  readonly secrets: readonly string[];
  /** Values for variables of which one or another is needed, so that none is required by itself, or that take no free text. */
  readonly beside?: Settings;
}

/** Each of the variables, with some value. */
function set(variables: readonly string[]): Settings {
  return Object.fromEntries(variables.map((name) => [name, 'x']));
}

/** Holds a job.json to the code: it is what the gateway knows of a job. */
export function describeJobJson({ job, jobJson, readSettings, secrets, beside = {} }: Description): void {
  describe(`job.json of ${job.name}`, () => {
    const json = jobJsonSchema.parse(jobJson);
    const names = (which: (variable: (typeof json.environment)[number]) => boolean): string[] => json.environment.filter(which).map(({ name }) => name);
    const required = names((variable) => variable.required);

    test("has the job's name, and describes datasets as the job checks them", () => {
      expect(json.name).toBe(job.name);
      expect(json.datasets).toEqual(z.toJSONSchema(job.dataset));
    });

    test('marks as required those variables that the job cannot do without', () => {
      expect(() => readSettings({ ...beside, ...set(required) })).not.toThrow();
      for (const name of required) expect(() => readSettings({ ...beside, ...set(required.filter((other) => other !== name)) })).toThrow(name);
    });

    test('names every variable that the job or the kit reads', () => {
      // A value that no setting takes shows who reads it; what is free text shows in the result.
      const read = new Set<string>();
      const watch = new Proxy<Record<string, string>>({}, { get: (_, name) => (read.add(String(name)), 'x'), has: () => true });
      try {
        readSettings(watch);
      } catch {
        // What was asked for by then counts.
      }
      expect(names(() => true).toSorted()).toEqual([...read, MASK_SECRET].filter((name) => /^[A-Z]/.test(name)).toSorted());
    });

    test('marks what is secret and nothing else', () => {
      expect(names((variable) => variable.secret)).toEqual([...secrets, MASK_SECRET]);
    });
  });
}

/** What is wrong with settings, as their reader lists it; nothing where it takes them. */
export function problemsOf(readSettings: (settings: Settings) => object, settings: Settings): unknown {
  try {
    readSettings(settings);
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as { details: { problems: unknown } }).details.problems;
  }
  return [];
}

/** Holds the settings of a server that is reached by host, port, user, password and database to what their users expect. */
export function describeSettings(prefix: string, defaults: { readonly port: number }, readSettings: (settings: Settings) => object): void {
  const host = `${prefix}_HOST`;
  const port = `${prefix}_PORT`;
  const least = { [host]: 'db', [`${prefix}_USER`]: 'lector', [`${prefix}_DATABASE`]: 'pharmavida' };
  const problems = (settings: Settings): unknown => problemsOf(readSettings, settings);

  describe(`settings ${prefix}_*`, () => {
    test('what may be left out has its default, and the rest of the environment is left alone', () => {
      const read = readSettings({ ...least, PATH: '/bin' });
      expect(read).toMatchObject({ ...least, [port]: defaults.port, [`${prefix}_PASSWORD`]: '' });
      expect(read).not.toHaveProperty('PATH');
    });

    test('what is set is taken', () => {
      const given = { ...least, [port]: '6432', [`${prefix}_PASSWORD`]: ' p ', [`${prefix}_SSLMODE`]: 'verify-full' };
      expect(readSettings(given)).toMatchObject({ ...given, [port]: 6432 });
    });

    test('every variable that is not set is listed', () => {
      expect(problems({})).toEqual(Object.keys(least).map((name) => `${name} is not set`));
    });

    test.each([
      [port, 'abc'],
      [port, '0'],
      [port, '65536'],
      [port, '54.32'],
      [`${prefix}_SSLMODE`, 'allow'],
      [host, ''],
    ])('%s=%j is refused instead of taking the default', (name, value) => {
      expect(problems({ ...least, [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
    });

    test('the password is never shown', () => {
      expect(JSON.stringify(problems({ [`${prefix}_PASSWORD`]: 'hunter2-secret', [port]: 'x' }))).not.toContain('hunter2');
    });
  });
}
