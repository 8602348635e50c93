import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Demux, type StreamKind } from './demux.ts';

const frame = (kind: StreamKind, payload: Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = kind === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};
const frames = fc.array(fc.tuple(fc.constantFrom<StreamKind>('stdout', 'stderr'), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });

describe('Demux', () => {
  test('gives back what was put in, wherever the stream is cut into chunks', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 })), (parts, cuts) => {
        const got = { stdout: '', stderr: '' };
        const demux = new Demux((kind, chunk) => (got[kind] += chunk.toString('hex')));
        let rest = Buffer.concat(parts.map(([kind, bytes]) => frame(kind, Buffer.from(bytes))));
        for (const cut of cuts) {
          demux.write(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        demux.write(rest);
        const of = (wanted: StreamKind): string => parts.map(([kind, bytes]) => (kind === wanted ? Buffer.from(bytes).toString('hex') : '')).join('');
        expect(got).toEqual({ stdout: of('stdout'), stderr: of('stderr') });
        expect(demux.betweenFrames).toBe(true);
      }),
    );
  });

  test('hands on the part of a frame that is there, and knows that it was cut', () => {
    const got: string[] = [];
    const demux = new Demux((_, chunk) => got.push(chunk.toString()));
    const whole = frame('stdout', Buffer.from('hello'));
    demux.write(whole.subarray(0, 3));
    expect(demux.betweenFrames).toBe(false);
    demux.write(whole.subarray(3, 10));
    expect(got).toEqual(['he']);
    expect(demux.betweenFrames).toBe(false);
    demux.write(whole.subarray(10));
    expect(demux.betweenFrames).toBe(true);
  });

  test('refuses bytes that are no frames', () => {
    expect(() => new Demux(() => undefined).write(Buffer.from('HTTP/1.1 200 OK'))).toThrow('unknown stream');
  });
});
