import { describe, expect, test } from '@jest/globals';
import { finalSchema, messageSchema, parseMessage } from './messages.ts';

const RESULT = { type: 'result', mode: 'run', commitKey: 'c.json', datasets: { productos: { url: 's3://b/k', rows: 1, bytes: 20 } } };
const CHECK = {
  type: 'result',
  mode: 'check',
  source: { version: '17' },
  datasets: { productos: { columns: [{ name: 'id', type: 'int' }], omittedColumns: ['pin'] } },
};
const ERROR = { type: 'error', code: 'SOURCE_LOST', message: 'gone', retryable: true };
const PROGRESS = { type: 'progress', dataset: 'productos', rows: 5, bytes: 100, total: 10, memoryPeakBytes: 1024 };
const LOG = { type: 'log', level: 'info', message: 'hello' };

describe('parseMessage', () => {
  test.each([
    ['the result of a run', RESULT],
    ['the result of a check', CHECK],
    ['the result of a plan', { ...CHECK, mode: 'plan' }],
    ['an error', ERROR],
    ['an error with details', { ...ERROR, details: { dataset: 'productos' } }],
    ['an error with a code that only its job knows', { ...ERROR, code: 'ZETA_17' }],
    ['progress', PROGRESS],
    ['a log line with fields of its own', { ...LOG, event: 'connected', database: 'pharmavida' }],
  ])('reads %s', (_, message) => {
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
  });

  test.each([
    ['nothing', ''],
    ['plain text', 'Segmentation fault'],
    ['half a line', JSON.stringify(RESULT).slice(0, -1)],
    ['two messages on one line', JSON.stringify(ERROR).repeat(2)],
    ['an array', JSON.stringify([RESULT])],
    ['a string', JSON.stringify(JSON.stringify(RESULT))],
    ['null', 'null'],
    ['an object without a type', '{}'],
    ['an unknown type', JSON.stringify({ ...RESULT, type: 'resultado' })],
    ['a type that is an object', JSON.stringify({ ...RESULT, type: { $ne: null } })],
    ['garbage of a megabyte', `{${'x'.repeat(1024 * 1024)}`],
    ['brackets nested beyond reason', `{"type":${'['.repeat(100_000)}`],
  ])('takes %s for no message', (_, line) => {
    expect(parseMessage(line)).toBeUndefined();
  });

  test.each([
    ['a result without its commit key', { ...RESULT, commitKey: undefined }],
    ['a result with negative rows', { ...RESULT, datasets: { productos: { url: 's3://b/k', rows: -1, bytes: 0 } } }],
    ['a result with rows as text', { ...RESULT, datasets: { productos: { url: 's3://b/k', rows: '1', bytes: 0 } } }],
    ["a run's result in check mode", { ...RESULT, mode: 'check' }],
    ['an error with a code in lower case', { ...ERROR, code: 'source_lost' }],
    ['an error that does not say whether to try again', { ...ERROR, retryable: undefined }],
    ['progress without a dataset', { ...PROGRESS, dataset: undefined }],
    ['progress with half a row', { ...PROGRESS, rows: 0.5 }],
    ['a log line of an unknown level', { ...LOG, level: 'fatal' }],
  ])('takes %s for no message', (_, message) => {
    expect(parseMessage(JSON.stringify(message))).toBeUndefined();
  });

  test('reads a message of a megabyte', () => {
    const message = { ...ERROR, message: 'x'.repeat(1024 * 1024) };
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
  });

  test('goes by the type alone, whatever other fields a message has', () => {
    const everything = { ...RESULT, ...ERROR, ...PROGRESS, ...LOG };
    for (const type of ['result', 'error', 'progress', 'log']) expect(parseMessage(JSON.stringify({ ...everything, type }))?.type).toBe(type);
  });

  test('drops fields that the contract does not know, except from log lines', () => {
    expect(parseMessage(JSON.stringify({ ...ERROR, stack: 'at x' }))).toEqual(ERROR);
    expect(parseMessage(JSON.stringify({ ...LOG, stack: 'at x' }))).toEqual({ ...LOG, stack: 'at x' });
  });
});

describe('the final line', () => {
  test('is a result or an error, and neither progress nor log', () => {
    expect([RESULT, CHECK, ERROR].map((message) => finalSchema.safeParse(message).success)).toEqual([true, true, true]);
    expect([PROGRESS, LOG].map((message) => finalSchema.safeParse(message).success)).toEqual([false, false]);
    expect([PROGRESS, LOG].map((message) => messageSchema.safeParse(message).success)).toEqual([true, true]);
  });
});
