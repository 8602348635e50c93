import { describe, expect, test } from '@jest/globals';
import { LogBuffer } from './log-buffer.ts';

const MiB = 1024 * 1024;

describe('LogBuffer', () => {
  test('gives back lines as they are', () => {
    const log = new LogBuffer();
    for (const line of ['{"type":"log"}', 'ñandú', '']) log.push(line);
    expect(log.text()).toBe('{"type":"log"}\nñandú\n\n');
  });

  test('is empty when nothing was said', () => {
    expect(new LogBuffer().text()).toBe('');
  });

  test('keeps the last mebibyte and says how many lines were dropped', () => {
    const log = new LogBuffer();
    for (let n = 0; n < 3_000; n++) log.push(`${n}`.padEnd(1_023, 'x'));
    const [first = '', ...kept] = log.text().trimEnd().split('\n');
    expect(JSON.parse(first)).toMatchObject({ type: 'log', event: 'log-cut', message: expect.stringMatching(/^1976 earlier lines/) });
    expect(kept).toHaveLength(1_024);
    expect(kept.at(-1)).toMatch(/^2999x/);
  });

  test('bounds the number of lines too', () => {
    const log = new LogBuffer();
    for (let n = 0; n < 100_000; n++) log.push(`${n}`);
    const [first = '', ...kept] = log.text().trimEnd().split('\n');
    expect(first).toContain('80000 earlier lines');
    expect(kept).toHaveLength(20_000);
    expect([kept[0], kept.at(-1)]).toEqual(['80000', '99999']);
  });

  test('drops a line that is longer than all that may be kept', () => {
    const log = new LogBuffer();
    log.push('before');
    log.push('x'.repeat(2 * MiB));
    log.push('after');
    expect(log.text().trimEnd().split('\n').slice(1)).toEqual(['after']);
  });
});
