import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { JOB_ERRORS, type JobErrorCode, isJobErrorCode, jobErrorRule } from '@esclusa/contract';
import { GATEWAY_ERRORS } from '../errors.ts';
import { STATUS, statusOf } from './status.ts';

const JOB_CODES = Object.keys(JOB_ERRORS) as JobErrorCode[];

describe('statusOf', () => {
  test.each([...GATEWAY_ERRORS, ...JOB_CODES])('gives %s an error status', (code) => {
    expect(Object.hasOwn(STATUS, code)).toBe(true);
    expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    expect(statusOf(code)).toBeLessThan(600);
  });

  test('knows no code that nobody has any more', () => {
    expect(Object.keys(STATUS).filter((code) => !GATEWAY_ERRORS.includes(code as never) && !Object.hasOwn(JOB_ERRORS, code))).toEqual([]);
  });

  test.each<[string, number]>([
    ['BODY_INVALID', 400],
    ['UNAUTHORIZED', 401],
    ['PIPELINE_NOT_FOUND', 404],
    ['METHOD_NOT_ALLOWED', 405],
    ['WAITING_ROOM_FULL', 429],
    ['INTERNAL', 500],
    ['JOB_OUT_OF_MEMORY', 502],
    ['JOB_CONTRACT_BROKEN', 502],
    ['DATASET_NOT_FOUND', 502],
    ['IMAGE_MISSING', 503],
    ['ENGINE_UNREACHABLE', 503],
    ['S3_UNAVAILABLE', 503],
    ['SOURCE_UNREACHABLE', 503],
    ['JOB_TIME_UP', 504],
    ['VALUE_LOSSY', 502],
    ['SCHEMA_CHANGED', 502],
    ['SNAPSHOT_TOO_OLD', 504],
  ])('gives %s %i', (code, status) => {
    expect(statusOf(code)).toBe(status);
  });

  test("never blames the caller for a job's failure", () => {
    expect(JOB_CODES.filter((code) => statusOf(code) < 500)).toEqual([]);
  });

  test('promises 503, "later", for no failure of a job that another attempt cannot mend', () => {
    expect(JOB_CODES.filter((code) => statusOf(code) === 503 && !JOB_ERRORS[code].retryable)).toEqual([]);
  });

  test.each(['ZETA_17', '', 'constructor', '__proto__'])('gives %j, which only its job knows, 502', (code) => {
    expect(statusOf(code)).toBe(502);
  });
});

describe('docs/errors.md', () => {
  // | `A`, `B` | 404, 405 | no | …
  const rows = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .map((row) => row.split('|').map((cell) => cell.trim()));
  const documented = rows.flatMap(([, codes = '', statuses = '', retried = '']) => {
    const all = statuses.split(', ');
    return codes.split(', ').map((code, index) => ({ code: code.replaceAll('`', ''), status: Number(all[index] ?? all[0]), retried }));
  });

  test('has every code with its status', () => {
    // A run's answer tells these two as JOB_TIME_UP and JOB_INTERRUPTED.
    const { TIME_UP: _, STOPPED: __, ...told } = STATUS;
    expect(Object.fromEntries(documented.map(({ code, status }) => [code, status]))).toEqual(told);
  });

  test('says of every code of a job whether it is tried again, as the contract does', () => {
    const ofJobs = documented.filter(({ code }) => isJobErrorCode(code));
    expect(ofJobs.map(({ code, retried }) => [code, retried])).toEqual(
      ofJobs.map(({ code }) => [code, jobErrorRule(code as JobErrorCode).retryable ? 'yes' : 'no']),
    );
  });
});
