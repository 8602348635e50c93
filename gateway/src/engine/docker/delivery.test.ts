import { beforeEach, describe, expect, test } from '@jest/globals';
import { Delivery } from './delivery.ts';

describe('Delivery', () => {
  let out = '';
  let err = '';
  let delivery: Delivery;

  beforeEach(() => {
    [out, err] = ['', ''];
    delivery = new Delivery({
      stdout: (chunk) => void (out += Buffer.from(chunk).toString()),
      stderr: (chunk) => void (err += Buffer.from(chunk).toString()),
    });
  });

  test('goes on where it was cut when the log is read from its start, stream by stream', () => {
    delivery.take('stdout', Buffer.from('one tw'));
    delivery.take('stderr', Buffer.from('a'));
    delivery.fromTheStart();
    delivery.take('stderr', Buffer.from('abc'));
    delivery.take('stdout', Buffer.from('one '));
    // Cut again, before the log came to where the first reading had been.
    delivery.fromTheStart();
    delivery.take('stdout', Buffer.from('one '));
    delivery.take('stdout', Buffer.from('two'));
    delivery.take('stderr', Buffer.from('abcd'));
    expect([out, err]).toEqual(['one two', 'abcd']);
    expect(delivery.total).toBe(11);
  });

  test('knows the last line of each stream, however long it is and whatever white space follows', () => {
    const long = `{"é":"${'ñ'.repeat(5_000)}"}`;
    delivery.take('stdout', Buffer.from(`first\n${long.slice(0, 4_000)}`));
    delivery.take('stdout', Buffer.from(`${long.slice(4_000)}\n\n`));
    delivery.take('stderr', Buffer.from('short'));
    expect(delivery.endedWith('stdout', long)).toBe(true);
    expect(delivery.endedWith('stdout', 'first')).toBe(false);
    expect(delivery.endedWith('stderr', 'short')).toBe(true);
    expect(delivery.endedWith('stderr', 'much longer than short')).toBe(false);
  });

  test('adds a line on a line of its own', () => {
    delivery.take('stdout', Buffer.from('half a li'));
    delivery.addLine('stdout', '{"type":"result"}');
    expect(out).toBe('half a li\n{"type":"result"}\n');
  });
});
