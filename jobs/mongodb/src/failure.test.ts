import { describe, expect, test } from '@jest/globals';
import { JobError, type JobErrorCode } from '@esclusa/contract';
import { Int32, MongoNetworkError, MongoParseError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { sourceError } from './failure.ts';

describe('sourceError', () => {
  test.each<[number, string, JobErrorCode]>([
    [18, 'wrong password', 'SOURCE_REFUSED'],
    [13, 'no such right', 'SOURCE_REFUSED'],
    [2, 'a bad filter', 'QUERY_INVALID'],
    [9, 'a filter that can not be read', 'QUERY_INVALID'],
    [168, 'an unknown operator of an expression', 'QUERY_INVALID'],
    [123, 'snapshots without a replica set', 'CONFIG_INVALID'],
    [239, 'a snapshot too old', 'SNAPSHOT_EXPIRED'],
    [43, 'a cursor that is gone', 'SOURCE_LOST'],
    [11_600, 'shutting down', 'SOURCE_LOST'],
    [99_999, 'something new', 'QUERY_FAILED'],
  ])('makes code %i (%s) %s and keeps it in the details', (code, _, expected) => {
    expect(sourceError(new MongoServerError({ message: 'said', code }), 'reading', 'SOURCE_LOST')).toMatchObject({
      code: expected,
      details: { mongoCode: code },
    });
  });

  test('a code is a code too where values are not promoted', () => {
    expect(sourceError(new MongoServerError({ message: 'said', code: new Int32(2) }), 'reading', 'SOURCE_LOST')).toMatchObject({ code: 'QUERY_INVALID' });
  });

  test('a broken connection is what the caller says, connecting or reading', () => {
    for (const otherwise of ['SOURCE_UNREACHABLE', 'SOURCE_LOST'] as const) {
      expect(sourceError(new MongoNetworkError('broken'), 'doing', otherwise)).toMatchObject({ code: otherwise });
      expect(sourceError(new MongoServerSelectionError('nobody', {} as never), 'doing', otherwise)).toMatchObject({ code: otherwise });
      expect(sourceError(Object.assign(new Error('socket'), { code: 'ECONNRESET' }), 'doing', otherwise)).toMatchObject({ code: otherwise });
    }
  });

  test('a URL that is none is a matter of configuration', () => {
    expect(sourceError(new MongoParseError('Invalid scheme'), 'connecting', 'SOURCE_UNREACHABLE')).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test("an expired snapshot names the server's setting", () => {
    expect(sourceError(new MongoServerError({ message: 'too old', code: 239 }), 'reading', 'SOURCE_LOST').message).toContain(
      'minSnapshotHistoryWindowInSeconds',
    );
  });

  test('leaves an error that has a code of the contract as it is', () => {
    const known = new JobError('COLUMN_NOT_FOUND', 'no column x');
    expect(sourceError(known, 'reading', 'SOURCE_LOST')).toBe(known);
  });
});
