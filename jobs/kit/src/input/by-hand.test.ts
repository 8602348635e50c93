import { describe, expect, test } from '@jest/globals';
import { EXIT, JobError, requestSchema } from '@esclusa/contract';
import { requestByHand } from './by-hand.ts';

const AT = new Date('2025-01-02T15:30:45.999Z');
const SETTINGS = { AWS_BUCKET_NAME: 'lago' };

describe('the request of a job run by hand', () => {
  test('puts every table under the job and the UTC second, and keeps the contract', () => {
    const request = requestByHand('zeta', { productos: { table: 'productos' }, 'otro.médicos': {} }, SETTINGS, AT);
    expect(request.destination.bucket).toBe('lago');
    expect(request.destination.keys).toEqual({
      productos: 'zeta/productos_20250102_153045.csv',
      'otro.médicos': 'zeta/otro.médicos_20250102_153045.csv',
    });
    expect(request.datasets).toEqual({ productos: { table: 'productos' }, 'otro.médicos': {} });
    expect(requestSchema.parse(request)).toEqual(request);
  });

  test('has a run id and a commit key of its own each time', () => {
    const [one, other] = [1, 2].map(() => requestByHand('zeta', { a: {} }, SETTINGS, AT));
    expect(one?.destination.commitKey).toBe(`_esclusa/commits/${one?.run}/1.json`);
    expect(one?.destination.commitKey).not.toBe(other?.destination.commitKey);
  });

  test.each([{}, { AWS_BUCKET_NAME: '' }])('without a bucket (%j) says which variable is missing', (settings) => {
    const attempt = (): unknown => requestByHand('zeta', { a: {} }, settings, AT);
    expect(attempt).toThrow(JobError);
    expect(attempt).toThrow(expect.objectContaining({ exit: EXIT.badConfiguration, message: expect.stringContaining('AWS_BUCKET_NAME') }));
  });

  test('of a database without anything to read is refused: success without a file would mislead', () => {
    expect(() => requestByHand('zeta', {}, SETTINGS, AT)).toThrow(expect.objectContaining({ code: 'DATASET_NOT_FOUND' }));
  });
});
