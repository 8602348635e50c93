import { describe, expect, test } from '@jest/globals';
import { gatewayLines, startLines } from './parts.ts';

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

describe('a gateway under very many POSTs', () => {
  const load = {
    posts: 100,
    slots: 4,
    answered: 99,
    statuses: { 202: 50, 502: 49, ECONNRESET: 1 },
    seconds: 40.1,
    ended: 99,
    runs_per_second: 2.47,
    rest_seconds: 10,
    idle_mb: 31.4,
    peak_mb: 60.2,
  };

  test('is told with its answers, its memory and its event loop', () => {
    expect(gatewayLines({ ...load, loop_delay_ms: { windows: 4, looks: 3_900, p99: 21, worst_p99: 33, median_p99: 14.5, max: 120 } })).toEqual([
      'gateway: 99 of 100 POSTs at once were answered within 40.1 s, in which 99 runs ended, 2.47 a second in 4 slots',
      '  answers by status              202 50, 502 49, ECONNRESET 1',
      '  MB in docker stats             31.4 at rest for 10 s, 60.2 at the peak',
      '  event loop, delay in ms        p99 21 of 3900 looks; of ten seconds 14.5 (median), 33 (worst), longest 120; 4 times ten seconds',
    ]);
  });

  test('is told too where it was too short for the event loop', () => {
    expect(gatewayLines(load).at(-1)).toBe('  event loop, delay in ms        not told');
  });
});
