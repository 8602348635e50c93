import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { nothingLeft } from './support/docker.ts';
import { type GatewayOptions, TestGateway } from './support/gateway.ts';
import { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, stack, unique } from './support/stack.ts';

const SQL = 'create table productos as select g as id from generate_series(1, 10) as g';
const pipelines = { postgresql: 'job: postgresql\ndatasets:\n  productos:\n', otra: 'job: postgresql\ndatasets:\n  productos:\n' };

const key = (value: string, more: Record<string, string> = {}): Record<string, string> => ({ 'Idempotency-Key': value, ...more });

describe('an Idempotency-Key', () => {
  let database: string;

  beforeAll(async () => {
    database = await newDatabase('idem', SQL);
  });

  async function options(): Promise<GatewayOptions & { bucket: string; installation: string }> {
    return { bucket: (await newBucket('idem')).name, database, pipelines, installation: unique('test') };
  }

  test('leads to the same run and the same answer, also over a restart; quoted or not', async () => {
    const how = await options();
    const first = await TestGateway.start(how);
    const one = await first.post('postgresql', undefined, key('"a-key"'));
    const again = await first.post('postgresql', '{}', key('a-key'));
    await first.kill();
    const second = await TestGateway.start(how);
    try {
      const later = await second.post('postgresql', undefined, key('a-key'));
      expect(one.status).toBe(200);
      expect([again.body, later.body]).toEqual([one.body, one.body]);
      const other = await second.post('postgresql', undefined, key('another'));
      expect(other.body['run']).not.toBe(one.body['run']);
      // The first gateway was killed before it had cleared away what it had answered.
      await nothingLeft(how.installation, new TestBucket(stack().s3, how.bucket));
    } finally {
      await second.stop();
    }
  });

  test('that stands for another question is refused, and so is one that is none', async () => {
    const gateway = await TestGateway.start(await options());
    try {
      await gateway.post('postgresql', undefined, key('k'));
      const answers = await Promise.all([
        gateway.post('otra', undefined, key('k')),
        gateway.post('postgresql', '{"datasets":["productos"]}', key('k')),
        gateway.post('postgresql', undefined, key('"open')),
      ]);
      expect(answers.map(({ status, body }) => [status, body['code'], body['field']])).toEqual([
        [422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key'],
        [422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key'],
        [400, 'BODY_INVALID', 'Idempotency-Key'],
      ]);
    } finally {
      await gateway.stop();
    }
  });

  test('a failure is answered again as it was', async () => {
    const gateway = await TestGateway.start({ ...(await options()), pipelines: { postgresql: 'job: postgresql\ndatasets:\n  clientes:\n' } });
    try {
      const one = await gateway.post('postgresql', undefined, key('k'));
      const again = await gateway.post('postgresql', undefined, key('k'));
      expect([one.status, again.status, one.body['code']]).toEqual([502, 502, 'DATASET_NOT_FOUND']);
      expect(again.body).toEqual(one.body);
    } finally {
      await gateway.stop();
    }
  });

  test('a thousand times at once over two gateways with room for few: one run', async () => {
    const how = { ...(await options()), environment: { MAX_RUNNING: '2', MAX_WAITING: '5' } };
    const gateways = await Promise.all([TestGateway.start(how), TestGateway.start(how)]);
    try {
      const value = randomUUID();
      const sent = Array.from({ length: 500 }, (_, n) =>
        gateways.map((gateway) => gateway.post('postgresql', undefined, key(value, { Prefer: n % 3 === 0 ? 'respond-async' : 'wait=60' }))),
      );
      const answers = await Promise.all(sent.flat());
      const statuses = new Set(answers.map((answer) => answer.status));
      expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 202]);
      expect(new Set(answers.map((answer) => answer.body['run'])).size).toBe(1);
      const bucket = new TestBucket(stack().s3, how.bucket);
      await nothingLeft(how.installation, bucket);
      expect(await bucket.keys('_esclusa/runs/')).toHaveLength(1);
      expect((await bucket.commits()).filter(({ commit }) => commit.state === 'committed')).toHaveLength(1);
      expect(await bucket.dataKeys()).toHaveLength(1);
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    }
  });
});
