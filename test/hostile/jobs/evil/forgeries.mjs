// Decisions at the commit key that are not what was asked. Each is the honest manifest but for one thing.
import { gzipSync } from 'node:zlib';
import { commit, honestManifest, mark, token, writeFiles } from './publish.mjs';
import { s3 } from './s3.mjs';
import { leave, request, result, sleep } from './world.mjs';

const OTHER = '01900000-0000-7000-8000-000000000000';
const { bucket, keys, commitKey } = request.destination;
const first = (change) => (manifest) => ({ ...manifest, resources: manifest.resources.map((one, at) => (at === 0 ? { ...one, ...change(one) } : one)) });
const at = (path) => first(() => ({ path, url: `s3://${bucket}/${path}` }));
const many = (count) => (manifest) => ({ ...manifest, resources: Array.from({ length: count }, (_, n) => ({ ...manifest.resources[0], name: `d${n}` })) });
const taken = (takenAt) => (manifest) => ({ ...manifest, snapshot: { consistency: 'snapshot', takenAt } });
const files = (count) =>
  first((one) => {
    const list = Array.from({ length: count }, (_, n) => ({ path: `${one.path}.${n}`, url: `${one.url}.${n}`, rows: 1, bytes: 1, hash: one.hash }));
    return { files: list, path: list.map(({ path }) => path), url: undefined, hash: undefined };
  });

/** Alterations by name: each turns the honest manifest into another document, or text. */
const alterations = {
  'not-json': () => 'not json at all',
  empty: () => '',
  null: () => 'null',
  array: () => '[]',
  half: (manifest) => JSON.stringify(manifest).slice(0, 200),
  'no-fields': () => '{"state":"committed","contract":1}',
  'other-state': (manifest) => ({ ...manifest, state: 'perhaps' }),
  'other-contract': (manifest) => ({ ...manifest, contract: 7 }),
  'other-run': (manifest) => ({ ...manifest, run: OTHER }),
  'other-attempt': (manifest) => ({ ...manifest, attempt: 2 }),
  'other-pipeline': (manifest) => ({ ...manifest, pipeline: 'honest', name: 'honest' }),
  'other-job': (manifest) => ({ ...manifest, job: 'postgresql' }),
  'other-token': (manifest) => ({ ...manifest, token: OTHER }),
  'foreign-dataset': first(() => ({ name: 'salaries' })),
  'more-datasets': (manifest) => ({ ...manifest, resources: [...manifest.resources, { ...manifest.resources[0], name: 'salaries' }] }),
  'missing-dataset': (manifest) => ({ ...manifest, resources: manifest.resources.slice(1) }),
  'doubled-dataset': (manifest) => ({ ...manifest, resources: [...manifest.resources, manifest.resources[0]] }),
  'dotted-path': first((one) => ({ path: `../${one.path}`, url: `s3://${bucket}/../${one.path}` })),
  'ledger-path': at(`_esclusa/runs/${OTHER}.json`),
  'other-bucket': first((one) => ({ url: `s3://someone-elses-bucket/${one.path}` })),
  'url-not-path': first(() => ({ url: `s3://${bucket}/elsewhere.csv` })),
  'http-url': first(() => ({ url: 'http://169.254.169.254/latest/meta-data/' })),
  'script-url': first(() => ({ url: 'javascript:alert(1)' })),
  'wrong-size': first(() => ({ bytes: 123_456_789 })),
  'part-key': first((one) => ({ path: one.path.replace('.csv', '.part-0002.csv'), url: one.url.replace('.csv', '.part-0002.csv') })),
  'sidecar-key': first((one) => ({ path: `${one.path}.evil`, url: `${one.url}.evil` })),
  'negative-lossy': first(() => ({ lossy: -5 })),
  'huge-rows': first(() => ({ rows: 1e300 })),
  'proto-resource': first(() => ({ name: '__proto__' })),
  'taken-2099': taken('2099-01-01T00:00:00Z'),
  'taken-1970': taken('1970-01-01T00:00:00Z'),
  'created-2099': (manifest) => ({ ...manifest, created: '2099-01-01T00:00:00Z', snapshot: { consistency: 'none' } }),
  huge: (manifest) => ({ ...manifest, pad: 'p'.repeat(90 * 1024 * 1024) }),
  dense: (manifest) => JSON.stringify(manifest).replace('{', `{"x":[${'0,'.repeat(3_000_000)}0],`),
  deep: (manifest) => JSON.stringify(manifest).replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`),
  'many-resources': many(100_000),
  'many-files': files(9_999),
  'two-files-none-there': files(2),
  'empty-resources': (manifest) => ({ ...manifest, resources: Array.from({ length: 120_000 }, () => ({})) }),
  'number-columns': first(() => ({ schema: { fields: Array.from({ length: 300_000 }, () => 1) } })),
  'empty-files': first(() => ({ files: Array.from({ length: 60_000 }, () => ({})) })),
  'number-paths': first(() => ({ path: Array.from({ length: 300_000 }, () => 1) })),
  'many-names': (manifest) => ({ ...manifest, x: Object.fromEntries(Array.from({ length: 380_000 }, (_, n) => [`n${n}`, 0])) }),
  'large-state': first(() => ({ state: { value: 'v'.repeat(1_200_000) } })),
  states: (manifest) => ({ ...manifest, resources: manifest.resources.map((one) => ({ ...one, state: { value: 'v'.repeat(31_000) } })) }),
  aborted: () => aborted(),
};

function aborted() {
  const { run, attempt } = request;
  return { state: 'aborted', contract: 1, run, attempt, token, by: 'evil', reason: 'because', abortedAt: new Date().toISOString() };
}

const put = (known, key, headers) => s3(known, { method: 'PUT', key, body: 'id\n1\n', headers });

/** Behaviours by name, each a decision that a job can write at its commit key. */
export const forgeries = {
  /** `forge` names the alteration; `files: false` writes none; `exit` after it. */
  forge: async ({ forge, files = true, exit = 0 }, known) => {
    if (files) await writeFiles(known);
    await commit(known, alterations[forge](honestManifest()));
    await result();
    leave(exit);
  },
  'no-file': async (_options, known) => {
    await commit(known, honestManifest());
    await result();
    leave();
  },
  /** Files that bear another mark, as if they were another run's, attempt's or start's. */
  'other-mark': async ({ mark: other }, known) => {
    await writeFiles(known, mark(other));
    await commit(known, honestManifest());
    await result();
    leave();
  },
  'no-mark': async (_options, known) => {
    await writeFiles(known, {});
    await commit(known, honestManifest());
    await result();
    leave();
  },
  /** Names the file of another run, which is there. */
  'other-key': async ({ key }, known) => {
    await writeFiles(known);
    await commit(known, at(key)(honestManifest()));
    await result();
    leave();
  },
  gzip: async (_options, known) => {
    await writeFiles(known);
    await commit(known, gzipSync(JSON.stringify(honestManifest())), { 'if-none-match': '*', 'content-encoding': 'gzip' });
    await result();
    leave();
  },
  /** Writes a second decision over the first; `when`: before the result line, or some time after it. */
  twice: async ({ second, when }, known) => {
    await writeFiles(known);
    await commit(known, honestManifest());
    if (when === 'later') {
      await result();
      await sleep(1_500);
    }
    await commit(known, second === 'aborted' ? aborted() : alterations[second](honestManifest()), {});
    if (when === 'before') await result();
    leave();
  },
  'aborted-then-manifest': async (_options, known) => {
    await writeFiles(known);
    await commit(known, aborted());
    await commit(known, honestManifest(), {});
    await result();
    leave();
  },
  /** Takes its decision back. */
  deleted: async (_options, known) => {
    await writeFiles(known);
    await commit(known, honestManifest());
    await s3(known, { method: 'DELETE', key: commitKey });
    await result();
    leave();
  },
  /** Opens uploads that nobody asked for, and ends as if there were none. */
  uploads: async ({ count = 1_200 }, known) => {
    const open = (key) => s3(known, { method: 'POST', key, query: { uploads: '' }, headers: mark() });
    for (let n = 0; n < count; n += 30) await Promise.all(Array.from({ length: 30 }, () => open(Object.values(keys)[0])));
    await open(request.destination.commitKey);
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    leave();
  },
  /** A first file, then ever more files beside it that the manifest does not name. */
  litter: async ({ count = 20 }, known) => {
    for (let n = 0; n < count; n++) await put(known, `${Object.values(keys)[0]}.litter-${n}`, mark());
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    leave();
  },
};
