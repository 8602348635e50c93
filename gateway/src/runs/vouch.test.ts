import { describe, expect, test } from '@jest/globals';
import type { JobJson } from '@esclusa/contract';
import { GatewayError } from '../errors.ts';
import type { OpenRun } from '../ledger/entries.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { vouchFor } from './vouch.ts';

const LIMITS = { memoryMiB: 64, cpus: 1, pids: 16, scratchMiB: 8, timeAllowedSeconds: 60 };
const PIPELINE = {
  name: 'ventas',
  job: 'zeta',
  source: { ZETA_HOST: 'db' },
  datasets: { productos: { table: 'productos' }, clientes: { table: 'clientes', schemaChanges: 'additive' } },
  destination: {},
  limits: { memoryMiB: 128 },
} as unknown as Pipeline;
const JOB = { name: 'zeta', limits: LIMITS } as JobJson;
const CATALOGUE = {
  list: async () => [PIPELINE],
  get: async (name: string) => {
    if (name !== PIPELINE.name) throw new GatewayError('PIPELINE_NOT_FOUND', 'there is none');
    return { pipeline: PIPELINE, job: JOB };
  },
};

function run(change: object = {}): OpenRun {
  const { job, source, datasets } = PIPELINE;
  return { run: 'r', pipeline: 'ventas', job, source, datasets, whole: true, destination: 'ventas', limits: LIMITS, keep: 'none', ...change } as OpenRun;
}

const code = async (asked: OpenRun, isSealed: boolean): Promise<string> =>
  vouchFor(asked, CATALOGUE, { isSealed }).then(
    () => 'run',
    (error: unknown) => (error as GatewayError).code,
  );

describe('a run that is taken up', () => {
  test.each<[string, object, string, string]>([
    ['as it was accepted', {}, 'run', 'run'],
    ['with some of the datasets', { datasets: { productos: { table: 'productos' } } }, 'run', 'run'],
    ["with a caller's policy", { datasets: { clientes: { table: 'clientes', schemaChanges: 'fail' } } }, 'run', 'run'],
    ['with a policy where there was none', { datasets: { productos: { table: 'productos', schemaChanges: 'allow' } } }, 'run', 'run'],
    ['with a policy that is none', { datasets: { productos: { table: 'productos', schemaChanges: 'x' } } }, 'run', 'PIPELINE_CHANGED'],
    ['of a pipeline that there is no more', { pipeline: 'otra' }, 'PIPELINE_NOT_FOUND', 'PIPELINE_NOT_FOUND'],
    ['of a pipeline that there can not be', { pipeline: '__proto__' }, 'PIPELINE_NOT_FOUND', 'PIPELINE_NOT_FOUND'],
    ['from another host', { source: { ZETA_HOST: 'elsewhere' } }, 'run', 'PIPELINE_CHANGED'],
    ['with a variable more', { source: { ZETA_HOST: 'db', ZETA_SSLMODE: 'disable' } }, 'run', 'PIPELINE_CHANGED'],
    ['by another job', { job: 'eta' }, 'run', 'PIPELINE_CHANGED'],
    ['with a query of its own', { datasets: { productos: { query: 'select 1' } } }, 'run', 'PIPELINE_CHANGED'],
    ['with an option more', { datasets: { productos: { table: 'productos', where: 'true' } } }, 'run', 'PIPELINE_CHANGED'],
    ['with a dataset of its own', { datasets: { loot: { query: 'select 1' } } }, 'run', 'PIPELINE_CHANGED'],
    ['with no dataset', { datasets: {} }, 'run', 'PIPELINE_CHANGED'],
    ['with a dataset that objects have', { datasets: { constructor: {} } }, 'run', 'PIPELINE_CHANGED'],
  ])('%s: sealed %#', async (_, change, sealed, unsealed) => {
    expect([await code(run(change), true), await code(run(change), false)]).toEqual([sealed, unsealed]);
  });

  test('stays as it was accepted where its entry is sealed', async () => {
    const asked = run({ source: { ZETA_HOST: 'then' }, limits: { ...LIMITS, cpus: 4 } });
    expect(await vouchFor(asked, CATALOGUE, { isSealed: true })).toBe(asked);
  });

  test("has today's destination and limits where it is not", async () => {
    const vouched = await vouchFor(
      run({ destination: '_esclusa', keyTemplate: '_esclusa/{dataset}', limits: { ...LIMITS, memoryMiB: 1_048_576 } }),
      CATALOGUE,
      {
        isSealed: false,
      },
    );
    expect(vouched).toMatchObject({ destination: 'ventas', limits: { ...LIMITS, memoryMiB: 128 } });
    expect(vouched).not.toHaveProperty('keyTemplate');
  });
});
