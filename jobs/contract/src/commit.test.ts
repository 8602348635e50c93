import { describe, expect, test } from '@jest/globals';
import { type Aborted, DATA_PACKAGE, type Manifest, commitSchema, ownerMetadata } from './commit.ts';

const PRODUCTOS = {
  name: 'productos',
  url: 's3://lago/ventas/productos.csv',
  path: 'ventas/productos.csv',
  rows: 10,
  bytes: 512,
  hash: `sha256:${'a0'.repeat(32)}`,
  lossy: 0,
  schema: { fields: [{ name: 'id', type: 'integer', sourceType: 'bigint' }] },
  omittedColumns: ['password'],
};
const MANIFEST: Manifest = {
  $schema: DATA_PACKAGE,
  name: 'p',
  state: 'committed',
  contract: 1,
  run: 'r',
  attempt: 1,
  token: 't',
  pipeline: 'p',
  job: 'j',
  created: '2025-01-02T15:30:45.123Z',
  snapshot: { consistency: 'snapshot', takenAt: '2025-01-02T15:30:40.123456Z' },
  resources: [PRODUCTOS],
};
const ABORTED: Aborted = {
  state: 'aborted',
  contract: 1,
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
    ['a later version', { ...MANIFEST, contract: 2 }, 'contract'],
    ['another profile', { ...MANIFEST, $schema: 'https://datapackage.org/profiles/1.0/datapackage.json' }, '$schema'],
    ['no file', { ...MANIFEST, resources: [] }, 'resources'],
    ['no token', { ...ABORTED, token: undefined }, 'token'],
    ['attempt 0', { ...ABORTED, attempt: 0 }, 'attempt'],
    ['a date without a zone', { ...MANIFEST, created: '2025-01-02T15:30:45' }, 'created'],
    ['no reason', { ...ABORTED, reason: undefined }, 'reason'],
    ['a short SHA-256', { ...MANIFEST, resources: [{ ...PRODUCTOS, hash: 'sha256:a0' }] }, 'resources.0.hash'],
    ['a SHA-256 in capitals', { ...MANIFEST, resources: [{ ...PRODUCTOS, hash: `sha256:${'A0'.repeat(32)}` }] }, 'resources.0.hash'],
    ['negative bytes', { ...MANIFEST, resources: [{ ...PRODUCTOS, bytes: -1 }] }, 'resources.0.bytes'],
  ])('is refused with %s', (_, commit, path) => {
    expect(problems(commit)).toEqual([path]);
  });
});

test("the mark of an attempt's objects is text and tells attempts of one run apart", () => {
  expect(ownerMetadata('r', 1)).toEqual({ 'esclusa-run': 'r', 'esclusa-attempt': '1' });
  expect(ownerMetadata('r', 2)).not.toEqual(ownerMetadata('r', 1));
});
