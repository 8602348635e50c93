import { expect, test } from '@jest/globals';
import { PARTS, partsOf } from './only.ts';

test('--only names parts, in whatever order; without it all are measured', () => {
  expect(partsOf(undefined)).toEqual(PARTS);
  expect(partsOf('start, mysql')).toEqual(['mysql', 'start']);
  expect(() => partsOf('mysql,oracle,')).toThrow('there is no "oracle", ""; there are: postgresql, mysql,');
});
