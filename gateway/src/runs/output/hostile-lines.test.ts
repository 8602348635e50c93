import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OutputCollector } from './collector.ts';
import { Mask } from './mask.ts';

const ERROR = { type: 'error', code: 'SOURCE_LOST', message: 'gone', retryable: true };
const asked = { mode: 'run', datasets: ['a', '__proto__'] } as const;

function collect(...lines: string[]) {
  const progress: unknown[] = [];
  const events: string[] = [];
  const collector = new OutputCollector(new Mask(['hunter2-secret']), { progress: (one) => progress.push(one), event: (name) => events.push(name) }, asked);
  for (const line of lines) collector.stdout(Buffer.from(`${line}\n`));
  collector.end();
  return { collector, progress, events };
}

test('progress of datasets that were not asked for counts for nothing, and is told once', () => {
  const names = Array.from({ length: 1_000 }, (_, n) => JSON.stringify({ type: 'progress', dataset: `n${n}`, rows: 1, bytes: 1 }));
  const long = JSON.stringify({ type: 'progress', dataset: 'a', rows: 1, bytes: 1, x: 'x'.repeat(5_000) });
  const { collector, progress } = collect(...names, long, JSON.stringify({ type: 'progress', dataset: 'a', rows: 2, bytes: 1 }));
  expect(progress).toEqual([{ type: 'progress', dataset: 'a', rows: 2, bytes: 1 }]);
  expect(collector.tail).toEqual([expect.stringContaining('progress-ignored')]);
});

test('an error is bounded, in its message, its details, and the codes that it may have', () => {
  const { final } = collect(JSON.stringify({ ...ERROR, code: 'UNAUTHORIZED', message: 'm'.repeat(200_000), details: { x: 'd'.repeat(20_000) } })).collector;
  expect(final).toEqual({
    ...ERROR,
    code: 'JOB_FAILED',
    message: `${'m'.repeat(4_000)}…`,
    details: { note: expect.stringMatching(/^the job gave 20008 letters/) },
  });
  expect(collect(JSON.stringify({ ...ERROR, code: 'HUNTER' })).collector.final).toMatchObject({ code: 'HUNTER' });
});

test('a result names only what was asked for', () => {
  const published = { url: 's3://b/k', rows: 1, bytes: 1 };
  const datasets = JSON.stringify({ ...Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`n${n}`, n])), a: published });
  expect(collect(`{"type":"result","mode":"run","commitKey":"c","datasets":${datasets}}`).collector.final).toMatchObject({ datasets: { a: published } });
});

test('events count once each, so that a timeline is as long as the contract has words', () => {
  const lines = ['secrets-received', 'connected', 'datasets-read', 'x'.repeat(1_000)].map((event) =>
    JSON.stringify({ type: 'log', level: 'info', message: '', event }),
  );
  expect(collect(...lines, ...lines, ...lines).events).toEqual(['secrets-received', 'connected', 'datasets-read']);
});

test('a result that is too long is told as that', () => {
  const long = `{"type":"result","mode":"run","commitKey":"${'x'.repeat(300_000)}","datasets":{}}`;
  expect(collect(long).collector).toMatchObject({ final: undefined, resultCut: true });
});

test.each([
  ['nesting', `{"type":"error","details":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ['nesting that never ends', `{"type":${'{"a":'.repeat(50_000)}`],
  ['numbers beyond all', '{"type":"progress","dataset":"a","rows":1e308,"bytes":-1,"memoryPeakBytes":1e999}'],
  ['names of objects', '{"type":"error","code":"X1","message":"","retryable":true,"details":{"__proto__":{"constructor":{}}}}'],
  ['half of a pair', '{"type":"log","level":"info","message":"\\ud800 \\udc00\\ud800"}'],
  ['escapes without end', '{"type":"log","level":"info","message":"\\u00"}\\x\\u\\%%4%'],
  ['signs of nothing', '%'.repeat(10_000) + '\\'.repeat(10_001)],
  ['a type out of nowhere', '{"type":"constructor"} '],
])('%s throws nothing', (_, line) => {
  expect(() => collect(line)).not.toThrow();
});

test('whatever a job writes, nothing is thrown', () => {
  const words = fc.constantFrom(
    '{"type":"',
    'error',
    'result',
    'progress',
    'log',
    '",',
    '"code":"A1"',
    '"details":{',
    '}',
    '[',
    '\\u',
    '\\',
    '%',
    '%zz',
    '\n',
    '\0',
    '1e999',
    '"__proto__":',
    '\ud800',
  );
  fc.assert(fc.property(fc.array(fc.oneof(words, fc.string(), fc.json())), (parts) => expect(() => collect(parts.join(''))).not.toThrow()));
});
