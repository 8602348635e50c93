import { expect, test } from '@jest/globals';
import { startLines } from './parts.ts';

test('a start is told with its timeline, and with the calls on S3 by name and count', () => {
  const lines = startLines({
    ratio: 1.03,
    post_ms: 412,
    docker_run_ms: 400,
    rounds: 30,
    timeline_ms: { accepted: 0, begun: 12.5 },
    s3_writes: { before_answer: { PutOpen: 1, UploadPart: 2 }, after_answer: { DeleteOpen: 1 } },
    s3_reads: { before_answer: {}, after_answer: { GetStamp: 1 } },
  });
  expect(lines).toEqual([
    'start: POST to answer 412 ms, docker run 400 ms, ratio 1.03',
    '  ms since acceptance            accepted 0, begun 12.5',
    '  writes to S3 before the answer PutOpen 1, UploadPart 2',
    '  writes after it                DeleteOpen 1',
    '  reads before the answer        none',
    '  reads after it                 GetStamp 1',
  ]);
});
