import { describe, expect, test } from '@jest/globals';
import { sessionPolicy } from './session-policy.ts';

const SCOPE = { bucket: 'lago', commitKey: '_esclusa/commits/r1/1.json', mode: 'run' } as const;
const stamped = (count: number, name = 'una_tabla_con_nombre_largo'): string[] =>
  Array.from({ length: count }, (_, index) => `ventas/${name}_${index}_20250102_153045_0a1b2c3d.csv`);
const resources = (policy: string): string[] => (JSON.parse(policy) as { Statement: { Resource: string[] }[] }).Statement.flatMap(({ Resource }) => Resource);

const keysOf = (key: (index: number) => string): string[] => Array.from({ length: 100 }, (_, index) => key(index));

describe('the session policy of an attempt', () => {
  test('is its own files and its own commit key, to create and to read', () => {
    expect(JSON.parse(sessionPolicy({ ...SCOPE, keys: ['ventas/medicos_20250102_153045.csv'] }))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
          Resource: ['arn:aws:s3:::lago/ventas/medicos_20250102_153045.csv', 'arn:aws:s3:::lago/ventas/medicos_20250102_153045.part-*'],
        },
        {
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'],
          Resource: ['arn:aws:s3:::lago/_esclusa/commits/r1/1.json', 'arn:aws:s3:::lago/_esclusa/commits/r1/1.json.check'],
        },
      ],
    });
  });

  test('of a check is the key that it tries alone', () => {
    const commitKey = 'ventas/0197ab';
    expect(resources(sessionPolicy({ ...SCOPE, mode: 'check', commitKey, keys: ['ventas/medicos'] }))).toEqual([
      'arn:aws:s3:::lago/ventas/0197ab',
      'arn:aws:s3:::lago/ventas/0197ab.check',
    ]);
  });

  test('of very many datasets is what their keys have in common: place and second', () => {
    const policy = sessionPolicy({ ...SCOPE, keys: stamped(500) });
    expect(policy.length).toBeLessThan(2_048);
    expect(resources(policy)[0]).toBe('arn:aws:s3:::lago/ventas/*20250102_153045_0a1b2c3d*');
  });

  test('of keys by a template is the run where they hold it, else the place', () => {
    const run = '0197ab12-3456-7abc-8def-0123456789ab';
    expect(resources(sessionPolicy({ ...SCOPE, keys: keysOf((index) => `lake/${index}/run=${run}/data_of_a_long_name.csv`) }))[0]).toBe(
      `arn:aws:s3:::lago/lake/*${run}*`,
    );
    expect(resources(sessionPolicy({ ...SCOPE, keys: keysOf((index) => `lake/dt=2025-01-02/dataset_of_a_long_name_${index}_153045.csv`) }))[0]).toBe(
      'arn:aws:s3:::lago/lake/dt=2025-01-02/*',
    );
  });

  test('never reaches beyond a place of their own, where the ledger is: it is refused', () => {
    const keys = Array.from({ length: 100 }, (_, index) => `${index}-dataset-of-a-long-name/20250102_153045.csv`);
    expect(() => sessionPolicy({ ...SCOPE, keys })).toThrow(/common prefix/);
  });
});
