import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attemptOf, indexName, ledgerKeys, parseAttemptKey, parseIndexName, parseOpenKey, parseStampKey, sortKey } from './keys.ts';

const OWNER = { installation: 'esclusa', engine: 'TNOA:NUJ7:NQMV' };
const RUN = '01942797-5a30-7cc0-8a2b-3f1d6f0e9c11';
const ENTRY = { run: RUN, pipeline: 'ventas_es', source: '0a1b2c3d', concurrency: undefined };

// These are the ledger's format: what one version wrote, the next one must find.
test('every document of the ledger has its place below the prefix', () => {
  const keys = ledgerKeys('_esclusa/');
  expect([
    keys.open(OWNER, ENTRY),
    keys.attempt(OWNER, RUN, 2),
    keys.verdict(OWNER, RUN, 2),
    keys.cancel(OWNER, RUN),
    keys.claim(OWNER, 'ab12'),
    keys.commit(RUN, 2),
    keys.stamp('ventas/es', '20250102_153045'),
    keys.log(RUN, 2),
    keys.ended(RUN),
    keys.latest('ventas'),
    keys.indexAll,
    keys.indexOf('ventas'),
  ]).toEqual([
    `_esclusa/open/esclusa/TNOA-NUJ7-NQMV/${RUN}.ventas_es.0a1b2c3d.0.json`,
    `_esclusa/attempts/esclusa/TNOA-NUJ7-NQMV/${RUN}/2.json`,
    `_esclusa/attempts/esclusa/TNOA-NUJ7-NQMV/${RUN}/2.verdict.json`,
    `_esclusa/cancels/esclusa/TNOA-NUJ7-NQMV/${RUN}.json`,
    '_esclusa/idem/esclusa/TNOA-NUJ7-NQMV/ab12.json',
    `_esclusa/commits/${RUN}/2.json`,
    '_esclusa/stamps/ventas/es/20250102_153045.json',
    `_esclusa/logs/${RUN}/2.jsonl`,
    `_esclusa/runs/${RUN}.json`,
    '_esclusa/latest/ventas.json',
    '_esclusa/index/all/',
    '_esclusa/index/pipeline/ventas/',
  ]);
});

test('listing by prefix finds the documents of one kind and owner, and those of one run', () => {
  const keys = ledgerKeys('x/');
  expect(keys.open(OWNER, ENTRY).startsWith(keys.openPrefix(OWNER))).toBe(true);
  expect(keys.open(OWNER, ENTRY).startsWith(keys.openPrefixOf(OWNER, RUN))).toBe(true);
  expect(keys.open(OWNER, ENTRY).startsWith(keys.openPrefix({ ...OWNER, engine: 'other' }))).toBe(false);
  expect(keys.attempt(OWNER, 'r10', 1).startsWith(keys.attemptsPrefixOf(OWNER, 'r1'))).toBe(false);
});

describe('a place in the queue', () => {
  test.each([undefined, 1, 12])('is in the key whole, with a concurrency of %s', (concurrency) => {
    const entry = { ...ENTRY, concurrency };
    expect(parseOpenKey(ledgerKeys('a/b/').open(OWNER, entry))).toEqual(entry);
  });

  test.each(['_esclusa/open/readme.txt', `_esclusa/open/x/y/${RUN}.json`, `_esclusa/open/x/y/${RUN}.p.zz.0.json`])('is not read out of %s', (key) => {
    expect(parseOpenKey(key)).toBeUndefined();
  });
});

test("an attempt's entry is told from its verdict", () => {
  const keys = ledgerKeys('_esclusa/');
  expect(parseAttemptKey(keys.attempt(OWNER, RUN, 12))).toEqual({ run: RUN, attempt: 12 });
  expect(parseAttemptKey(keys.verdict(OWNER, RUN, 12))).toBeUndefined();
  expect(parseStampKey(keys.stamp('ventas/es', '20250102_153045'))).toBe('20250102_153045');
  expect(parseStampKey(keys.attempt(OWNER, RUN, 12))).toBeUndefined();
  for (const key of [keys.attempt(OWNER, RUN, 12), keys.verdict(OWNER, RUN, 12)]) expect(attemptOf(key)).toEqual({ run: RUN, attempt: 12 });
});

describe('the index', () => {
  const instant = fc.date({ min: new Date(0), max: new Date(2 ** 48 - 1), noInvalidDate: true });

  test('says in its names what filters ask for', () => {
    fc.assert(
      fc.property(instant, instant, fc.constantFrom('succeeded', 'failed', 'cancelled'), (acceptedAt, endedAt, state) => {
        const entry = { run: RUN, pipeline: 'ventas-2_x', state, acceptedAt, endedAt } as const;
        expect(parseIndexName(ledgerKeys('_esclusa/').indexAll + indexName(entry))).toEqual(entry);
      }),
    );
  });

  test('sorts newest first', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        expect(sortKey(a) < sortKey(b)).toBe(a > b);
      }),
    );
  });
});
