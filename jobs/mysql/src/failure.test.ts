import { describe, expect, test } from '@jest/globals';
import { JobError, type JobErrorCode } from '@esclusa/contract';
import { sourceError } from './failure.ts';

/** An error of the server as mysql2 throws it. */
function failure(errno: number, sqlState: string): Error {
  return Object.assign(new Error('said the server'), { errno, sqlState });
}

describe('sourceError', () => {
  test.each<[number, string, string, JobErrorCode]>([
    [1045, '28000', 'wrong password', 'SOURCE_REFUSED'],
    [1044, '42000', 'no such right on the database', 'SOURCE_REFUSED'],
    [1142, '42000', 'no SELECT', 'SOURCE_REFUSED'],
    [1698, '28000', 'no login by this way', 'SOURCE_REFUSED'],
    [1049, '42000', 'no such database', 'CONFIG_INVALID'],
    [1146, '42S02', 'no such table', 'DATASET_NOT_FOUND'],
    [1054, '42S22', 'no such column', 'COLUMN_NOT_FOUND'],
    [1064, '42000', 'syntax error', 'QUERY_INVALID'],
    [1060, '42S21', 'a column twice', 'QUERY_INVALID'],
    [1792, '25006', 'a write in a read-only transaction', 'QUERY_INVALID'],
    [1305, '42000', 'no such function', 'QUERY_INVALID'],
    [1365, '22012', 'division by zero', 'QUERY_FAILED'],
    [1317, '70100', 'query interrupted', 'QUERY_FAILED'],
    [1412, 'HY000', 'table altered', 'SNAPSHOT_EXPIRED'],
    [1040, '08004', 'too many connections', 'SOURCE_UNREACHABLE'],
    [1205, 'HY000', 'lock not had in time', 'SOURCE_UNREACHABLE'],
    [1053, '08S01', 'shutting down', 'SOURCE_LOST'],
    [1927, '70100', 'killed', 'SOURCE_LOST'],
    [9999, 'HY000', 'something new', 'QUERY_FAILED'],
  ])('makes error %i, SQLSTATE %s (%s) %s and keeps both in the details', (errno, sqlstate, _, code) => {
    expect(sourceError(failure(errno, sqlstate), 'reading', 'SOURCE_LOST')).toMatchObject({ code, details: { errno, sqlstate } });
  });

  test.each([{ code: 'ECONNREFUSED', errno: -111 }, { code: 'PROTOCOL_CONNECTION_LOST' }, { code: 'ETIMEDOUT', errorno: 'ETIMEDOUT' }, {}])(
    'makes a broken connection (%j) what the caller says, connecting or reading',
    (properties) => {
      for (const otherwise of ['SOURCE_UNREACHABLE', 'SOURCE_LOST'] as const) {
        expect(sourceError(Object.assign(new Error('broken'), properties), 'doing', otherwise)).toMatchObject({ code: otherwise, details: {} });
      }
    },
  );

  test('says what was being done, what the server said, and what mends it', () => {
    expect(sourceError(failure(1045, '28000'), 'connecting', 'SOURCE_UNREACHABLE').message).toBe(
      'connecting: said the server; check MYSQL_USER and MYSQL_PASSWORD and that the user may SELECT',
    );
    expect(sourceError(failure(1205, 'HY000'), 'reading', 'SOURCE_LOST').message).toContain('migration');
  });

  test('leaves an error that has a code of the contract as it is', () => {
    const known = new JobError('COLUMN_NOT_FOUND', 'no column x');
    expect(sourceError(known, 'reading', 'SOURCE_LOST')).toBe(known);
  });
});
