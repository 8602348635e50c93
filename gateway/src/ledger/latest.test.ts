import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Dated, isNewer } from './latest.ts';

// Long after all that is told here.
const SEEN = new Date('2101-01-01T00:00:00Z');
const CREATED = '2025-01-02T15:30:50.000Z';

function dated(run: string, takenAt?: string, created = CREATED): Dated {
  return { run, created, seenAt: SEEN, snapshot: { consistency: 'snapshot', ...(takenAt === undefined ? {} : { takenAt }) } };
}

/** A snapshot by the source's clock, and when S3 had its manifest. */
function at(takenAt: string, seenAt: string): Partial<Dated> {
  return { snapshot: { consistency: 'snapshot', takenAt }, seenAt: new Date(seenAt) };
}

describe('isNewer', () => {
  test.each<[string, Dated, Dated | undefined, boolean]>([
    ['a later snapshot', dated('a', '2025-01-02T15:30:46Z'), dated('b', '2025-01-02T15:30:45Z'), true],
    ['an earlier snapshot', dated('b', '2025-01-02T15:30:45Z'), dated('a', '2025-01-02T15:30:46Z'), false],
    ['an earlier snapshot that was published later', dated('a', '2025-01-02T15:30:45Z', '2025-01-02T16:00:00Z'), dated('b', '2025-01-02T15:30:46Z'), false],
    ['the same snapshot of a later run', dated('b', '2025-01-02T15:30:45Z'), dated('a', '2025-01-02T15:30:45Z'), true],
    ['the same snapshot of an earlier run', dated('a', '2025-01-02T15:30:45Z'), dated('b', '2025-01-02T15:30:45Z'), false],
    ['the same instant in other words', dated('a', '2025-01-02T15:30:45.000Z'), dated('b', '2025-01-02T15:30:45Z'), false],
    ['a fraction of a second, which sorts otherwise as text', dated('a', '2025-01-02T15:30:45.5Z'), dated('b', '2025-01-02T15:30:45Z'), true],
    ['a snapshot that is later by a microsecond', dated('a', '2025-01-02T15:30:45.000124Z'), dated('b', '2025-01-02T15:30:45.000123Z'), true],
    ['one that is earlier by a microsecond', dated('b', '2025-01-02T15:30:45.0001Z'), dated('a', '2025-01-02T15:30:45.00012Z'), false],
    ['none, published later than the other was taken', dated('a'), dated('b', '2025-01-02T15:30:45Z'), true],
    ['none, published before the other was taken', dated('b'), dated('a', '2025-01-02T15:30:51Z'), false],
    ['none on either side, published later', dated('a', undefined, '2025-01-02T15:30:51Z'), dated('b'), true],
    ['any, where none stands', dated('a'), undefined, true],
    ['itself', dated('a', '2025-01-02T15:30:45Z'), dated('a', '2025-01-02T15:30:45Z'), false],
  ])('says of %s', (_, manifest, standing, newer) => {
    expect(isNewer(manifest, standing)).toBe(newer);
  });

  test.each<[string, Partial<Dated>, Partial<Dated>, boolean]>([
    [
      'an instant that S3 had not seen yet counts as the one at which it had the manifest',
      at('2099-01-01T00:00:00Z', '2025-01-02T15:30:45Z'),
      at('2025-01-02T15:30:50Z', '2025-01-02T15:31:00Z'),
      false,
    ],
    [
      'so one that stands from the future is followed by an honest one',
      at('2025-01-02T15:30:50Z', '2025-01-02T15:31:00Z'),
      at('2099-01-01T00:00:00Z', '2025-01-02T15:30:45Z'),
      true,
    ],
    ['also where both sources are ahead', at('2099-01-01T00:00:00Z', '2025-01-02T15:31:00Z'), at('2098-01-01T00:00:00Z', '2025-01-02T15:30:45Z'), true],
    ['and a source that is behind is believed', at('2025-01-01T00:00:00Z', '2025-01-02T15:31:00Z'), at('2025-01-01T00:00:01Z', '2025-01-02T15:30:45Z'), false],
  ])('%s', (_, manifest, standing, newer) => {
    expect(isNewer({ ...dated('a'), ...manifest }, { ...dated('b'), ...standing })).toBe(newer);
  });

  test('orders any two runs one way only', () => {
    const instant = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
    const manifest = fc.record({ run: fc.uuid(), created: instant, takenAt: fc.option(instant, { nil: undefined }) });
    fc.assert(
      fc.property(manifest, manifest, (a, b) => {
        fc.pre(a.run !== b.run);
        const [one, other] = [dated(a.run, a.takenAt, a.created), dated(b.run, b.takenAt, b.created)];
        expect(isNewer(one, other)).toBe(!isNewer(other, one));
      }),
    );
  });
});
