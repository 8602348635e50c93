import { expect, test } from '@jest/globals';
import { ledgerKeys } from './keys.ts';

// These are the ledger's format: what one version wrote, the next one must find.
test('every document of the ledger has its place below the prefix', () => {
  const keys = ledgerKeys('_esclusa/');
  expect([keys.open('r'), keys.attempt('r', 2), keys.commit('r', 2), keys.stamp('ventas/es', '20250102_153045'), keys.ended('r')]).toEqual([
    '_esclusa/open/r.json',
    '_esclusa/attempts/r/2.json',
    '_esclusa/commits/r/2.json',
    '_esclusa/stamps/ventas/es/20250102_153045.json',
    '_esclusa/runs/r.json',
  ]);
});

test('listing by prefix finds the documents of one kind, and the attempts of one run', () => {
  const keys = ledgerKeys('x/');
  expect(keys.open('r').startsWith(keys.openPrefix)).toBe(true);
  expect(keys.attempt('r1', 1).startsWith(keys.attemptsPrefix('r1'))).toBe(true);
  expect(keys.attempt('r10', 1).startsWith(keys.attemptsPrefix('r1'))).toBe(false);
});
