import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import type { JobProgress } from '@esclusa/contract';
import { OutputCollector } from './collector.ts';
import { Mask } from './mask.ts';

const MB = 1_000_000;
const RESULT = { type: 'result', mode: 'run', commitKey: 'c.json', datasets: {} };
const ERROR = { type: 'error', code: 'SOURCE_LOST', message: 'gone', retryable: true };
const SECRET = 'hunter2-very-secret';

function line(message: object): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

/** A collector that has read this from stdout to its end. */
function collect(...chunks: (Buffer | string)[]): OutputCollector {
  const collector = new OutputCollector(new Mask([SECRET]));
  for (const chunk of chunks) collector.stdout(Buffer.from(chunk as string));
  collector.end();
  return collector;
}

/** Bytes in use once the garbage is collected. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  // The buffers' memory outside of the heap is freed beside the first collection, and the next one counts it as freed.
  gc();
  const { heapUsed: heap, external } = process.memoryUsage();
  return heap + external;
}

describe('of what a job says counts', () => {
  test('the last valid result or error line', () => {
    expect(collect(line(ERROR), line(RESULT)).final).toEqual(RESULT);
    expect(collect(line(RESULT), line(ERROR)).final).toEqual(ERROR);
    expect(collect(line(RESULT), 'Killed\n', '{"type":"error"}\n', line({ type: 'log', level: 'info', message: 'bye' })).final).toEqual(RESULT);
  });

  test('also a final line without a line end, or on stderr where an engine mixes the streams', () => {
    expect(collect(JSON.stringify(RESULT)).final).toEqual(RESULT);
    const mixed = new OutputCollector(new Mask([]));
    mixed.stderr(line(RESULT));
    expect(mixed.final).toEqual(RESULT);
  });

  test('nothing of garbage', () => {
    const { final, tail, memoryPeakBytes, secretsReceived } = collect('Segmentation fault\n\n  \n', Buffer.from([0xff, 0x00, 0x0a]), '{"type":"result"}\n[]');
    expect({ final, memoryPeakBytes, secretsReceived }).toEqual({ final: undefined, memoryPeakBytes: undefined, secretsReceived: false });
    expect(tail).toEqual(['Segmentation fault', '\ufffd\u0000', '{"type":"result"}', '[]']);
  });

  test('lines of one stream that come between chunks of the other', () => {
    const collector = new OutputCollector(new Mask([]));
    const result = line(RESULT);
    collector.stdout(result.subarray(0, 10));
    collector.stderr(Buffer.from('noise\n'));
    collector.stdout(result.subarray(10));
    expect(collector.final).toEqual(RESULT);
  });

  test('the highest memory peak, and progress is handed on and not kept', () => {
    const seen: JobProgress[] = [];
    const collector = new OutputCollector(new Mask([SECRET]), { progress: (progress) => seen.push(progress) });
    for (const [rows, memoryPeakBytes] of [
      [1, 20],
      [2, 30],
      [3, 10],
      [4, undefined],
    ]) {
      collector.stderr(line({ type: 'progress', dataset: SECRET, rows, bytes: 0, memoryPeakBytes }));
    }
    expect(collector.memoryPeakBytes).toBe(30);
    expect(seen.map(({ rows, dataset }) => [rows, dataset])).toEqual([1, 2, 3, 4].map((rows) => [rows, '***']));
    expect(collector.tail).toEqual([]);
  });

  test('that it has its secrets', () => {
    expect(collect(line({ type: 'log', level: 'info', message: 'x', event: 'connected' })).secretsReceived).toBe(false);
    expect(collect(line({ type: 'log', level: 'info', message: 'x', event: 'secrets-received' })).secretsReceived).toBe(true);
  });
});

describe('a secret is kept nowhere', () => {
  test('when it comes split across chunks', () => {
    const bytes = Buffer.from(`before ${SECRET} after\n`);
    for (let cut = 1; cut < bytes.length; cut++) expect(collect(bytes.subarray(0, cut), bytes.subarray(cut)).tail).toEqual(['before *** after']);
  });

  test('in the final line, its details included', () => {
    const { final, tail } = collect(line({ ...ERROR, message: `no user ${SECRET}`, details: { [SECRET]: { url: `zeta://x:${SECRET}@db` } } }));
    expect(final).toEqual({ ...ERROR, message: 'no user ***', details: { '***': { url: 'zeta://x:***@db' } } });
    expect(tail.join()).not.toContain(SECRET);
  });

  test('in lines that are heard as they come', () => {
    const heard: string[] = [];
    const collector = new OutputCollector(new Mask([SECRET]), { log: (text) => heard.push(text) });
    collector.stderr(line({ type: 'log', level: 'info', message: SECRET, password: SECRET }));
    collector.stderr(Buffer.from(`${SECRET}\n`));
    expect(heard).toEqual(['{"type":"log","level":"info","message":"***","password":"***"}', '***']);
  });

  test('when a long line is cut in the middle of it', () => {
    const [kept = ''] = collect(`${'x'.repeat(1_990)}${SECRET}${'y'.repeat(100)}\n`).tail;
    expect(kept).toContain('x***y');
  });
});

describe('the tail is bounded', () => {
  test('in lines, of which the last are kept', () => {
    const { tail } = collect(...Array.from({ length: 1000 }, (_, index) => `line ${index}\n`));
    expect(tail).toHaveLength(50);
    expect(tail.at(-1)).toBe('line 999');
  });

  test('in the length of a line', () => {
    expect(collect('x'.repeat(10_000)).tail).toEqual([`${'x'.repeat(2_000)}…`]);
  });

  test.each([
    ['100 MB without a line end', Buffer.alloc(MB, 'x'), 100],
    ['100 MB of long lines', Buffer.from(`${'ñ'.repeat(100_000)}\n`), 500],
    ['5 MB of short lines', Buffer.from('garbage\n'.repeat(1000)), 625],
  ])('in memory: %s', (_, chunk, times) => {
    const collector = new OutputCollector(new Mask([SECRET]));
    const before = heapUsed();
    for (let n = 0; n < times; n++) collector.stdout(chunk);
    expect(heapUsed() - before).toBeLessThan(3 * MB);
    expect(collector.final).toBeUndefined();
  });
});
