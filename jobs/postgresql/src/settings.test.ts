import { describe, expect, test } from '@jest/globals';
import { JobError } from '@esclusa/contract';
import { readSettings } from './settings.ts';

const SETTINGS = { POSTGRES_HOST: 'db', POSTGRES_USER: 'lector', POSTGRES_DATABASE: 'pharmavida' };

function problems(settings: Record<string, string | undefined>): unknown {
  try {
    readSettings(settings);
  } catch (error) {
    expect(error).toBeInstanceOf(JobError);
    expect((error as JobError).code).toBe('CONFIG_INVALID');
    return (error as JobError).details.problems;
  }
  return [];
}

describe('readSettings', () => {
  test('fills in what may be left out, and leaves the rest of the environment alone', () => {
    expect(readSettings({ ...SETTINGS, PATH: '/bin' })).toEqual({ ...SETTINGS, POSTGRES_PORT: 5432, POSTGRES_PASSWORD: '', POSTGRES_SSLMODE: 'prefer' });
  });

  test('takes what is set', () => {
    const set = { ...SETTINGS, POSTGRES_PORT: '6432', POSTGRES_PASSWORD: ' p ', POSTGRES_SSLMODE: 'verify-full' };
    expect(readSettings(set)).toEqual({ ...set, POSTGRES_PORT: 6432 });
  });

  test('lists every variable that is not set', () => {
    expect(problems({})).toEqual(['POSTGRES_HOST is not set', 'POSTGRES_USER is not set', 'POSTGRES_DATABASE is not set']);
  });

  test.each([
    ['POSTGRES_PORT', 'abc'],
    ['POSTGRES_PORT', '0'],
    ['POSTGRES_PORT', '65536'],
    ['POSTGRES_PORT', '54.32'],
    ['POSTGRES_SSLMODE', 'allow'],
    ['POSTGRES_HOST', ''],
  ])('refuses %s=%j instead of taking the default', (name, value) => {
    expect(problems({ ...SETTINGS, [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  test('never shows the password', () => {
    expect(JSON.stringify(problems({ POSTGRES_PASSWORD: 'hunter2-secret', POSTGRES_PORT: 'x' }))).not.toContain('hunter2');
  });
});
