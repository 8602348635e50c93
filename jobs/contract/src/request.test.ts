import { describe, expect, test } from '@jest/globals';
import { type JobRequest, datasetNameSchema, objectKeySchema, requestSchema } from './request.ts';

const REQUEST: JobRequest = {
  version: 1,
  mode: 'run',
  run: '0194',
  attempt: 1,
  pipeline: 'ventas',
  datasets: { productos: { columns: ['id'] } },
  destination: { bucket: 'lago', keys: { productos: 'ventas/productos.csv' }, commitKey: '_esclusa/commits/0194/1.json' },
  timeAllowedSeconds: 60,
};

/** Paths of what is wrong, joined by dots. */
function problems(change: object): string[] {
  return requestSchema.safeParse({ ...REQUEST, ...change }).error?.issues.map((issue) => issue.path.join('.')) ?? [];
}

describe('a request', () => {
  test('is accepted whole', () => {
    expect(requestSchema.parse(REQUEST)).toEqual(REQUEST);
  });

  test('names the dataset that has no key', () => {
    expect(problems({ datasets: { productos: {}, ofertas: {} } })).toEqual(['destination.keys.ofertas']);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty'])('has no key for "%s" unless one is given', (name) => {
    expect(problems({ datasets: { [name]: {} } })).toEqual([`destination.keys.${name}`]);
  });

  test('may hold keys of datasets that are not wanted', () => {
    expect(problems({ datasets: {} })).toEqual([]);
  });

  test.each([
    ['another contract version', { version: 2 }, 'version'],
    ['an unknown mode', { mode: 'delete' }, 'mode'],
    ['an empty run id', { run: '' }, 'run'],
    ['attempt 0', { attempt: 0 }, 'attempt'],
    ['half an attempt', { attempt: 1.5 }, 'attempt'],
    ['no time', { timeAllowedSeconds: 0 }, 'timeAllowedSeconds'],
    ['endless time', { timeAllowedSeconds: Infinity }, 'timeAllowedSeconds'],
    ['a dataset that is no object', { datasets: { productos: 'id' } }, 'datasets.productos'],
    ['a field of its own', { password: 'x' }, ''],
    ['an empty bucket', { destination: { ...REQUEST.destination, bucket: '' } }, 'destination.bucket'],
    ['a bad commit key', { destination: { ...REQUEST.destination, commitKey: '/commit' } }, 'destination.commitKey'],
    ['a bad key', { destination: { ...REQUEST.destination, keys: { productos: 'a\nb' } } }, 'destination.keys.productos'],
    ['a field beside the keys', { destination: { ...REQUEST.destination, acl: 'public-read' } }, 'destination'],
  ])('is refused with %s', (_, change, path) => {
    expect(problems(change)).toEqual([path]);
  });

  test('lists every problem and not the first alone', () => {
    expect(problems({ version: 2, mode: 'x', attempt: 0 })).toEqual(['version', 'mode', 'attempt']);
  });
});

describe("a dataset's name", () => {
  test.each(['productos', '_interno', 'ofertas-2025.v2', 'médicos', '2025', '薬'])('may be "%s"', (name) => {
    expect(datasetNameSchema.safeParse(name).success).toBe(true);
  });

  test.each(['', '.', '..', '../etc/passwd', 'a/b', 'a\\b', '-rf', '.oculto', 'a b', 'a\n', '\u0000', 'a\u202eb', 'a?b', 'a%2fb'])('may not be %j', (name) => {
    expect(datasetNameSchema.safeParse(name).success).toBe(false);
    expect(problems({ datasets: { [name]: {} } })).toContain(`datasets.${name}`);
  });

  test('has 128 characters at most', () => {
    expect([128, 129].map((length) => datasetNameSchema.safeParse('ñ'.repeat(length)).success)).toEqual([true, false]);
  });
});

describe('an object key', () => {
  test.each(['a', 'ventas/productos_20250102_153045.csv', 'año/médicos.csv'])('may be "%s"', (key) => {
    expect(objectKeySchema.safeParse(key).success).toBe(true);
  });

  test.each(['', '/a', 'a\nb', 'a\rb', 'a\u0000', 'a\u001fb', 'a\u007f'])('may not be %j', (key) => {
    expect(objectKeySchema.safeParse(key).success).toBe(false);
  });

  test('has 1024 characters at most', () => {
    expect([1024, 1025].map((length) => objectKeySchema.safeParse('a'.repeat(length)).success)).toEqual([true, false]);
  });
});
