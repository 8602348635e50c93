import { describe, expect, test } from '@jest/globals';
import { type Aborted, type Manifest, commitSchema, ownerMetadata } from './commit.ts';

const PRODUCTOS = {
  url: 's3://lago/ventas/productos.csv',
  key: 'ventas/productos.csv',
  rows: 10,
  bytes: 512,
  sha256: 'a0'.repeat(32),
  columns: [{ name: 'id', type: 'integer' }],
  omittedColumns: ['password'],
};
const MANIFEST: Manifest = {
  state: 'committed',
  version: 1,
  run: 'r',
  attempt: 1,
  token: 't',
  pipeline: 'p',
  job: 'j',
  committedAt: '2025-01-02T15:30:45.123Z',
  snapshot: { takenAt: 'then' },
  datasets: { productos: PRODUCTOS },
};
const ABORTED: Aborted = {
  state: 'aborted',
  version: 1,
  run: 'r',
  attempt: 2,
  token: 't',
  by: 'gateway',
  reason: 'TIME_UP',
  abortedAt: '2025-01-02T15:30:45Z',
};

function problems(commit: object): string[] {
  return commitSchema.safeParse(commit).error?.issues.map((issue) => issue.path.join('.')) ?? [];
}

describe('what stands at a commit key', () => {
  test.each([MANIFEST, ABORTED])('is accepted when it is $state', (commit) => {
    expect(commitSchema.parse(commit)).toEqual(commit);
  });

  test.each([
    ['no state', { ...MANIFEST, state: undefined }, 'state'],
    ['a later version', { ...MANIFEST, version: 2 }, 'version'],
    ['no token', { ...ABORTED, token: undefined }, 'token'],
    ['attempt 0', { ...ABORTED, attempt: 0 }, 'attempt'],
    ['a date without a zone', { ...MANIFEST, committedAt: '2025-01-02T15:30:45' }, 'committedAt'],
    ['no reason', { ...ABORTED, reason: undefined }, 'reason'],
    ['a short SHA-256', { ...MANIFEST, datasets: { productos: { ...PRODUCTOS, sha256: 'a0' } } }, 'datasets.productos.sha256'],
    ['a SHA-256 in capitals', { ...MANIFEST, datasets: { productos: { ...PRODUCTOS, sha256: 'A0'.repeat(32) } } }, 'datasets.productos.sha256'],
    ['negative bytes', { ...MANIFEST, datasets: { productos: { ...PRODUCTOS, bytes: -1 } } }, 'datasets.productos.bytes'],
  ])('is refused with %s', (_, commit, path) => {
    expect(problems(commit)).toEqual([path]);
  });
});

test("the mark of an attempt's objects is text and tells attempts of one run apart", () => {
  expect(ownerMetadata('r', 1)).toEqual({ 'esclusa-run': 'r', 'esclusa-attempt': '1' });
  expect(ownerMetadata('r', 2)).not.toEqual(ownerMetadata('r', 1));
});
