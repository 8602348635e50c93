import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SEAL_METADATA, Seals } from './seals.ts';

const KEY = 'k'.repeat(32);
const OTHER = 'o'.repeat(32);
const AT = new Date('2026-11-30T10:00:00Z');
const BEFORE = new Date('2026-11-30T09:59:59Z');

/** An entry as it stands in the bucket, written by somebody with this key. */
function sealed(by: string | undefined, key: string, text: string): { key: string; text: string; seal: string | undefined; lastModified: Date } {
  return { key, text, seal: new Seals({ current: by }).metadataOf(key, text)[SEAL_METADATA], lastModified: AT };
}

describe('a seal', () => {
  const seals = new Seals({ current: KEY });

  test('is believed where it was made, with the content that it was made of', () => {
    fc.assert(fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (key, text) => expect(seals.isAuthentic(sealed(KEY, key, text))).toBe(true)));
  });

  test('is not believed of another content, at another key, by another secret, or changed in a letter', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.nat(), (key, text, at) => {
        const good = sealed(KEY, key, text);
        const seal = good.seal ?? '';
        const letter = at % seal.length;
        const changed = `${seal.slice(0, letter)}${seal[letter] === 'A' ? 'B' : 'A'}${seal.slice(letter + 1)}`;
        expect(seals.isAuthentic({ ...good, text: `${text} ` })).toBe(false);
        expect(seals.isAuthentic({ ...good, key: `${key}x` })).toBe(false);
        // Letters that move from the key to the content make another entry.
        expect(seals.isAuthentic({ ...good, key: key.slice(0, -1), text: key.slice(-1) + text })).toBe(false);
        expect(seals.isAuthentic(sealed(OTHER, key, text))).toBe(false);
        // The last letter of base64url has bits that mean nothing, and is compared as a letter.
        expect(seals.isAuthentic({ ...good, seal: changed })).toBe(false);
      }),
    );
  });

  test.each([undefined, '', '.', 'v1', 'v1.', 'v2.AAAA', 'v1.AAAA', 'undefined'])('%j is none', (seal) => {
    expect(seals.isAuthentic({ key: 'k', text: 't', seal, lastModified: AT })).toBe(false);
  });

  test('of the secret before is believed too, and none is made by it', () => {
    const rotated = new Seals({ current: KEY, previous: OTHER });
    expect(rotated.isAuthentic(sealed(OTHER, 'k', 't'))).toBe(true);
    expect(rotated.isAuthentic(sealed(KEY, 'k', 't'))).toBe(true);
    expect(rotated.metadataOf('k', 't')).toEqual(seals.metadataOf('k', 't'));
    expect(rotated.isAuthentic(sealed('x'.repeat(32), 'k', 't'))).toBe(false);
  });

  test('is not asked for of what S3 had before seals were introduced, and of nothing since', () => {
    const introduced = new Seals({ current: KEY, since: AT });
    expect(introduced.isAuthentic({ key: 'k', text: 't', seal: undefined, lastModified: BEFORE })).toBe(true);
    expect(introduced.isAuthentic({ ...sealed(OTHER, 'k', 't'), lastModified: BEFORE })).toBe(true);
    expect(introduced.isAuthentic({ key: 'k', text: 't', seal: undefined, lastModified: AT })).toBe(false);
  });

  test('is neither made nor asked for without a secret', () => {
    const none = new Seals({ current: undefined });
    expect([none.active, none.metadataOf('k', 't'), none.nameSeal('n')]).toEqual([false, {}, '']);
    expect(none.isAuthentic({ key: 'k', text: 't', seal: undefined, lastModified: AT })).toBe(true);
    expect(none.isAuthenticName('n', undefined, AT)).toBe(true);
  });

  test('of a name stands for that name alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (name, more) => {
        const seal = seals.nameSeal(name);
        expect(seal).toMatch(/^[0-9a-f]{16}$/);
        expect(seals.isAuthenticName(name, seal, AT)).toBe(true);
        expect(seals.isAuthenticName(name + more, seal, AT)).toBe(false);
        expect(new Seals({ current: OTHER }).isAuthenticName(name, seal, AT)).toBe(false);
        expect(new Seals({ current: OTHER, previous: KEY }).isAuthenticName(name, seal, AT)).toBe(true);
        expect(seals.isAuthenticName(name, undefined, AT)).toBe(false);
      }),
    );
  });
});
