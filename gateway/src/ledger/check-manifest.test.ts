import { describe, expect, test } from '@jest/globals';
import { DATA_PACKAGE, type Manifest, type PublishedFile, type Resource, committedSchema, fileKey } from '@esclusa/contract';
import { fileProblem, manifestProblem } from './check-manifest.ts';

const KEYS = { medicos: 'ventas/medicos_20250102_153045.csv', recetas: 'ventas/recetas_20250102_153045.csv' };
const ASKED = { bucket: 'lago', run: 'r1', attempt: 2, pipeline: 'ventas', job: 'ventas', keys: KEYS };

function file(key: string, rows = 2, bytes = 30): PublishedFile {
  return { path: key, url: `s3://lago/${key}`, rows, bytes, hash: `sha256:${'0'.repeat(64)}` };
}

function one(name: keyof typeof KEYS, more: object = {}): Resource {
  return { name, lossy: 0, ...file(KEYS[name]), ...more };
}

/** A dataset of several files. */
function several(name: keyof typeof KEYS, files: readonly PublishedFile[], more: object = {}): Resource {
  const sum = (of: 'rows' | 'bytes'): number => files.reduce((all, each) => all + each[of], 0);
  return { name, lossy: 0, path: files.map(({ path }) => path), files: [...files], rows: sum('rows'), bytes: sum('bytes'), ...more };
}

const parts = (name: keyof typeof KEYS, ...numbers: readonly number[]): PublishedFile[] => numbers.map((number) => file(fileKey(KEYS[name], number)));

function manifest(more: object = {}, resources: readonly Resource[] = [one('medicos'), one('recetas')]): Manifest {
  return committedSchema.parse({
    $schema: DATA_PACKAGE,
    name: 'ventas',
    created: '2025-01-02T15:30:50Z',
    state: 'committed',
    contract: 1,
    run: 'r1',
    attempt: 2,
    token: 't',
    pipeline: 'ventas',
    job: 'ventas',
    snapshot: { consistency: 'snapshot' },
    resources,
    ...more,
  });
}

describe('a manifest of what was asked', () => {
  test.each<[string, Manifest]>([
    ['each dataset in one file', manifest()],
    ['in another order', manifest({}, [one('recetas'), one('medicos')])],
    ['several files', manifest({}, [one('medicos'), several('recetas', parts('recetas', 1, 2, 3))])],
    ['more words than we know', manifest({ more: { of: 'its own' } })],
  ])('%s', (_, good) => {
    expect(manifestProblem(good, ASKED)).toBeUndefined();
  });

  test('of an attempt whose keys nobody knows any more is held against its run alone', () => {
    expect(manifestProblem(manifest(), { ...ASKED, keys: undefined, pipeline: undefined })).toBeUndefined();
    expect(manifestProblem(manifest({ run: 'r2' }), { ...ASKED, keys: undefined })).toBeDefined();
  });
});

describe('a manifest is not believed', () => {
  const secondAt = (key: string): Resource => several('recetas', [...parts('recetas', 1), file(key)]);
  test.each<[string, Manifest, RegExp]>([
    ['of another run', manifest({ run: 'r2' }), /another run or attempt/],
    ['of another attempt', manifest({ attempt: 1 }), /another run or attempt/],
    ['of another pipeline', manifest({ pipeline: 'otra' }), /another pipeline/],
    ['named after another pipeline', manifest({ name: 'otra' }), /another pipeline/],
    ['of another job', manifest({ job: 'otra' }), /another job/],
    ['without a dataset', manifest({}, [one('medicos')]), /no dataset "recetas"/],
    ['with one twice', manifest({}, [one('medicos'), one('recetas'), one('medicos')]), /"medicos" more than once/],
    [
      'with one that nobody asked for',
      manifest({}, [one('medicos'), one('recetas'), { ...one('medicos'), name: '../other' }]),
      /"\.\.\/other", which nobody asked for/,
    ],
    [
      'with one called after what objects have',
      manifest({}, [one('medicos'), one('recetas'), { ...one('medicos'), name: 'constructor' }]),
      /"constructor", which nobody/,
    ],
    ['with the key of another dataset', manifest({}, [one('medicos'), one('recetas', file(KEYS.medicos))]), /no file of "recetas" at the key/],
    ['with a key of its own choice', manifest({}, [one('medicos'), one('recetas', file('secret.csv'))]), /no file of "recetas" at the key/],
    ['with a URL of another bucket', manifest({}, [one('medicos', { url: `s3://other/${KEYS.medicos}` }), one('recetas')]), /elsewhere/],
    ['with a URL of another key', manifest({}, [one('medicos', { url: 's3://lago/secret.csv' }), one('recetas')]), /elsewhere/],
    ['with a URL of another kind', manifest({}, [one('medicos', { url: `https://lago/${KEYS.medicos}` }), one('recetas')]), /elsewhere/],
    ['with a further file elsewhere', manifest({}, [one('medicos'), secondAt('ventas/secret.csv')]), /elsewhere/],
    ['with a further file that is of a longer name', manifest({}, [one('medicos'), secondAt('ventas/recetas_20250102_153045.part-0002.csv.gz')]), /elsewhere/],
    ['with a file twice', manifest({}, [one('medicos'), several('recetas', parts('recetas', 1, 2, 2))]), /more than once/],
    ['without the first of its files', manifest({}, [one('medicos'), several('recetas', parts('recetas', 2, 3))]), /no file of "recetas" at the key/],
    ['with two lists of files', manifest({}, [one('medicos'), several('recetas', parts('recetas', 1, 2), { path: ['a', 'b'] })]), /two lists/],
    [
      'whose rows do not add up',
      manifest({}, [one('medicos'), several('recetas', parts('recetas', 1, 2), { rows: 5 })]),
      /adds the files of "recetas" up wrongly/,
    ],
    ['whose bytes do not add up', manifest({}, [one('medicos'), several('recetas', parts('recetas', 1, 2), { bytes: 61 })]), /up wrongly/],
  ])('%s', (_, bad, why) => {
    expect(manifestProblem(bad, ASKED)).toMatch(why);
  });

  test('whose states are too large together, though each is not', () => {
    const names = Array.from({ length: 150 }, (_, n) => `d${n}`);
    const keys = Object.fromEntries(names.map((name) => [name, KEYS.medicos]));
    const states = names.map((name) => ({ ...one('medicos'), name, state: { value: 'v'.repeat(32_000) } }));
    expect(manifestProblem(manifest({}, states), { ...ASKED, keys })).toMatch(/states that are too large: they have \d+ bytes/);
    expect(manifestProblem(manifest({}, states.slice(0, 100)), { ...ASKED, keys: Object.fromEntries(Object.entries(keys).slice(0, 100)) })).toBeUndefined();
  });

  test('and told in a sentence that is no longer than that, whatever its names are', () => {
    const long = manifest({}, [one('medicos'), one('recetas'), { ...one('medicos'), name: 'x'.repeat(1_000_000) }]);
    expect(manifestProblem(long, ASKED)?.length).toBeLessThan(400);
  });
});

describe('a file of a manifest', () => {
  const mark = { 'esclusa-run': 'r1', 'esclusa-attempt': '2', 'esclusa-token': 't' };
  const head = { bytes: 30, lastModified: undefined, metadata: mark };

  test('is there, whole, and of this very attempt', () => {
    expect(fileProblem(KEYS.medicos, 30, head, manifest())).toBeUndefined();
  });

  test.each<[string, Parameters<typeof fileProblem>[2], RegExp]>([
    ['not there', undefined, /is not there/],
    ['of another size', { ...head, bytes: 29 }, /has 29 bytes, and 30/],
    ['without a mark', { ...head, metadata: {} }, /somebody else/],
    ['of another run', { ...head, metadata: { ...mark, 'esclusa-run': 'r2' } }, /somebody else/],
    ['of another attempt', { ...head, metadata: { ...mark, 'esclusa-attempt': '1' } }, /somebody else/],
    ['of another start of the attempt', { ...head, metadata: { ...mark, 'esclusa-token': 'u' } }, /somebody else/],
  ])('%s is told', (_, seen, why) => {
    expect(fileProblem(KEYS.medicos, 30, seen, manifest())).toMatch(why);
  });
});
