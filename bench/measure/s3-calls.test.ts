import { expect, test } from '@jest/globals';
import { countsOf } from './s3-calls.ts';

test('calls are counted by name, writes and reads apart, before the answer and after it', () => {
  const seen = [
    { at: 10, method: 'PUT', name: 'PutOpen' },
    { at: 20, method: 'PUT', name: 'UploadPart' },
    { at: 30, method: 'PUT', name: 'UploadPart' },
    { at: 40, method: 'GET', name: 'GetCommitKey' },
    { at: 50, method: 'PUT', name: 'PutLog' },
    { at: 60, method: 'HEAD', name: 'HeadData' },
    { at: 70, method: 'DELETE', name: 'DeleteOpen' },
  ];
  expect(countsOf(seen, 50)).toEqual({
    s3_writes: { before_answer: { PutOpen: 1, UploadPart: 2 }, after_answer: { PutLog: 1, DeleteOpen: 1 } },
    s3_reads: { before_answer: { GetCommitKey: 1 }, after_answer: { HeadData: 1 } },
  });
});
