import { describe, expect, test } from '@jest/globals';
import { JobError, type JobErrorCode } from '@esclusa/contract';
import { sourceError } from './failure.ts';

/** An error as `pg` throws it: with a SQLSTATE when the server sent it, with a system code when the connection broke. */
function failure(code: string | undefined, message = 'said the server'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('sourceError', () => {
  test.each<[string, string, JobErrorCode]>([
    ['28P01', 'wrong password', 'SOURCE_REFUSED'],
    ['28000', 'no such user', 'SOURCE_REFUSED'],
    ['42501', 'no privilege', 'SOURCE_REFUSED'],
    ['3D000', 'no such database', 'CONFIG_INVALID'],
    ['42P01', 'no such table', 'DATASET_NOT_FOUND'],
    ['3F000', 'no such schema', 'DATASET_NOT_FOUND'],
    ['42703', 'no such column', 'COLUMN_NOT_FOUND'],
    ['42601', 'syntax error', 'QUERY_INVALID'],
    ['25006', 'a write in a read-only transaction', 'QUERY_INVALID'],
    ['22012', 'division by zero', 'QUERY_FAILED'],
    ['57014', 'query cancelled', 'QUERY_FAILED'],
    ['XX001', 'corrupted data', 'QUERY_FAILED'],
    ['72000', 'snapshot too old', 'SNAPSHOT_EXPIRED'],
    ['40001', 'conflict with recovery', 'SNAPSHOT_EXPIRED'],
    ['53300', 'too many connections', 'SOURCE_UNREACHABLE'],
    ['53200', 'server out of memory', 'SOURCE_UNREACHABLE'],
    ['57P03', 'starting up', 'SOURCE_UNREACHABLE'],
    ['55P03', 'lock not had in time', 'SOURCE_UNREACHABLE'],
    ['57P01', 'server shut down', 'SOURCE_LOST'],
    ['57P02', 'server crashed', 'SOURCE_LOST'],
    ['08006', 'connection failure', 'SOURCE_LOST'],
    ['58030', 'I/O error', 'SOURCE_LOST'],
    ['P0001', 'raised by a function', 'QUERY_FAILED'],
  ])('makes SQLSTATE %s (%s) %s and keeps it in the details', (state, _, code) => {
    expect(sourceError(failure(state), 'reading', 'SOURCE_LOST')).toMatchObject({ code, details: { sqlstate: state } });
  });

  test.each([undefined, 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EPERM'])(
    'makes a broken connection (%s) what the caller says, connecting or reading',
    (code) => {
      for (const otherwise of ['SOURCE_UNREACHABLE', 'SOURCE_LOST'] as const) {
        expect(sourceError(failure(code), 'doing', otherwise)).toMatchObject({ code: otherwise, retryable: true, details: {} });
      }
    },
  );

  test('says what was being done, what the server said, and what mends it', () => {
    const { message, cause } = sourceError(failure('28P01', 'password authentication failed'), 'connecting', 'SOURCE_UNREACHABLE');
    expect(message).toBe('connecting: password authentication failed; check POSTGRES_USER and POSTGRES_PASSWORD and that the user may SELECT');
    expect(cause).toBeInstanceOf(Error);
  });

  test('leaves an error that has a code of the contract as it is', () => {
    const known = new JobError('COLUMN_NOT_FOUND', 'no column x');
    expect(sourceError(known, 'reading', 'SOURCE_LOST')).toBe(known);
  });
});
