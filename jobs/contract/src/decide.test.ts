import { describe, expect, test } from '@jest/globals';
import { type Aborted, DATA_PACKAGE, type Manifest } from './commit.ts';
import { type CommitStore, decideCommit, readCommit } from './decide.ts';

const KEY = '_esclusa/commits/r/1.json';
const AT = '2025-01-02T15:30:45.000Z';
const MANIFEST: Manifest = {
  $schema: DATA_PACKAGE,
  name: 'p',
  state: 'committed',
  contract: 1,
  run: 'r',
  attempt: 1,
  token: 'job',
  pipeline: 'p',
  job: 'j',
  created: AT,
  snapshot: { consistency: 'snapshot' },
  resources: [{ name: 'd', path: 'k', url: 's3://b/k', rows: 1, bytes: 1, hash: `sha256:${'0'.repeat(64)}`, lossy: 0 }],
};
const ABORTED: Aborted = { state: 'aborted', contract: 1, run: 'r', attempt: 1, token: 'gateway', by: 'gateway', reason: 'JOB_TIME_UP', abortedAt: AT };

/** S3's conditional PUT and GET in memory. */
function memoryStore(objects = new Map<string, string>()): CommitStore & { objects: Map<string, string> } {
  return {
    objects,
    async putIfAbsent(key, body) {
      if (objects.has(key)) return 'exists';
      objects.set(key, body);
      return 'written';
    },
    get: async (key) => objects.get(key),
  };
}

describe('decideCommit', () => {
  test.each([
    ['job', MANIFEST, ABORTED],
    ['gateway', ABORTED, MANIFEST],
  ])('lets the %s win when it is first, and tells both', async (_, first, second) => {
    const store = memoryStore();
    expect(await decideCommit(store, KEY, first)).toEqual(first);
    expect(await decideCommit(store, KEY, second)).toEqual(first);
    expect(await readCommit(store, KEY)).toEqual(first);
  });

  test('gives two writers at once the same answer', async () => {
    const store = memoryStore();
    const [job, gateway] = await Promise.all([decideCommit(store, KEY, MANIFEST), decideCommit(store, KEY, ABORTED)]);
    expect(job).toEqual(gateway);
  });

  test('may be repeated without harm', async () => {
    const store = memoryStore();
    await decideCommit(store, KEY, ABORTED);
    expect(await decideCommit(store, KEY, { ...ABORTED, token: 'gateway, later' })).toEqual(ABORTED);
    expect(store.objects.size).toBe(1);
  });

  test('knows its own writing by the token when the answer to an earlier try was lost', async () => {
    const store = memoryStore();
    // The client tried twice: the first PUT went in, its answer was lost, the second met the object of the first.
    const lossy: CommitStore = { ...store, putIfAbsent: async (key, body) => (await store.putIfAbsent(key, body), store.putIfAbsent(key, body)) };
    expect(await decideCommit(lossy, KEY, MANIFEST)).toEqual(MANIFEST);
  });

  test('does not decide when the object that refused the write is not there to read', async () => {
    const vanishing: CommitStore = { putIfAbsent: async () => 'exists', get: async () => undefined };
    await expect(decideCommit(vanishing, KEY, ABORTED)).rejects.toThrow(KEY);
  });

  test('does not decide when the store cannot be reached', async () => {
    const unreachable = new Error('ECONNREFUSED');
    const refuse = () => Promise.reject(unreachable);
    await expect(decideCommit({ ...memoryStore(), putIfAbsent: refuse }, KEY, ABORTED)).rejects.toBe(unreachable);
    await expect(decideCommit({ ...memoryStore(new Map([[KEY, '{}']])), get: refuse }, KEY, ABORTED)).rejects.toBe(unreachable);
  });

  test.each(['', 'x', '{}', JSON.stringify({ ...MANIFEST, state: 'maybe' }), JSON.stringify({ ...MANIFEST, contract: 2 })])(
    'does not decide on %j at the commit key',
    async (text) => {
      await expect(decideCommit(memoryStore(new Map([[KEY, text]])), KEY, ABORTED)).rejects.toThrow();
    },
  );
});

describe('readCommit', () => {
  test('finds no decision where there is no object', async () => {
    expect(await readCommit(memoryStore(), KEY)).toBeUndefined();
  });
});
