import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePrefer } from './prefer.ts';

const NOTHING = { respondAsync: false, waitSeconds: undefined };
const ASYNC = { respondAsync: true, waitSeconds: undefined };

describe('the header Prefer', () => {
  test.each<[string | undefined, ReturnType<typeof parsePrefer>]>([
    [undefined, NOTHING],
    ['', NOTHING],
    ['respond-async', ASYNC],
    ['Respond-ASYNC', ASYNC],
    ['respond-async=""', ASYNC],
    ['respond-async; x=1', ASYNC],
    ['wait=10', { respondAsync: false, waitSeconds: 10 }],
    ['WAIT = 10', { respondAsync: false, waitSeconds: 10 }],
    ['wait="10"', { respondAsync: false, waitSeconds: 10 }],
    ['wait=0', { respondAsync: false, waitSeconds: 0 }],
    ['respond-async, wait=10', { respondAsync: true, waitSeconds: 10 }],
    ['\trespond-async ,wait=100 , handling=lenient', { respondAsync: true, waitSeconds: 100 }],
    ['return=minimal; foo="some, respond-async; wait=3", wait=7', { respondAsync: false, waitSeconds: 7 }],
    [String.raw`foo="a\", respond-async", wait=7`, { respondAsync: false, waitSeconds: 7 }],
    [',, respond-async,', ASYNC],
  ])('%j is read', (header, preferences) => {
    expect(parsePrefer(header)).toEqual(preferences);
  });

  test.each<[string, string, ReturnType<typeof parsePrefer>]>([
    ['the first of two', 'wait=10, wait=20', { respondAsync: false, waitSeconds: 10 }],
    ['the first of two, in any case', 'Wait=10, wait=20', { respondAsync: false, waitSeconds: 10 }],
    ['the first of two, though it is no good', 'wait=soon, wait=20', NOTHING],
    ['what is whole beside what is no preference', 'wait==5, =, wait 5, wait=20', { respondAsync: false, waitSeconds: 20 }],
  ])('takes %s', (_, header, preferences) => {
    expect(parsePrefer(header)).toEqual(preferences);
  });

  test.each([
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'wait=1e3',
    'wait=0x10',
    'wait=soon',
    'wait=1 0',
    'respond-async=no',
    'respondasync',
    'respond async',
    'foo; respond-async',
    'foo="respond-async, wait=3',
    'foo="\\',
    '"respond-async"',
  ])('%j says nothing', (header) => {
    expect(parsePrefer(header)).toEqual(NOTHING);
  });

  test('bounds a wait that no number can hold', () => {
    expect(parsePrefer(`wait=${'9'.repeat(400)}`)).toEqual({ respondAsync: false, waitSeconds: 2 ** 31 });
  });

  test('is never a reason to fall over', () => {
    const pieces = fc.constantFrom('wait', 'respond-async', '=', '"', '\\', ';', ',', ' ', '10', 'x', 'é');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (header) => {
          const { waitSeconds } = parsePrefer(header);
          expect(waitSeconds === undefined || (Number.isSafeInteger(waitSeconds) && waitSeconds >= 0)).toBe(true);
        },
      ),
    );
  });
});
