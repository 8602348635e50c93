import { describe, expect, test } from '@jest/globals';
import { datasetNameSchema } from '@esclusa/contract';
import { nameDatasets } from './dataset-names.ts';

const named = (...names: string[]): string[] => Object.keys(nameDatasets(names.map((name) => [name, {}])));

describe('nameDatasets', () => {
  test('keeps what a dataset may be called', () => {
    expect(named('productos', 'otro.médicos', 'a-b_c', 'constructor')).toEqual(['productos', 'otro.médicos', 'a-b_c', 'constructor']);
  });

  test('puts "_" for what no dataset name may hold, and tells apart what then is the same', () => {
    expect(named('a b', 'a,b', 'a/b', '-x', '.y')).toEqual(['a_b', 'a_b_2', 'a_b_3', '_x', '_y']);
  });

  test.each(['x'.repeat(500), '𝒳'.repeat(100) + 'x' + '𝒳'.repeat(100), '😀', 'a"b\n`c', '../../etc'])('makes a valid name of %j', (name) => {
    expect(datasetNameSchema.safeParse(named(name)[0]).success).toBe(true);
  });
});
