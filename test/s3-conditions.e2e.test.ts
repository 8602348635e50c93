import { expect, test } from '@jest/globals';
import { eventually } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { newBucket, newDatabase } from './support/stack.ts';

const pipelines = { postgresql: 'job: postgresql\ndatasets:\n  productos:\n' };

test('an S3 that ignores If-None-Match is noticed at the start, named in /health, and nothing is accepted', async () => {
  const bucket = await newBucket('conditions');
  const database = await newDatabase('conditions', 'create table productos (id integer)');
  const proxy = await S3Proxy.start();
  // Such an S3 overwrites, and says that all is well.
  proxy.gate = ({ operation }, when) => (operation === 'PutProbe' && when === 'after' ? { status: 200, code: '' } : 'forward');
  const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines, environment: { S3_ENDPOINT: proxy.outside } });
  try {
    await eventually('/health to say so', async () => (await gateway.request('GET', '/health')).status === 503);
    expect((await gateway.request('GET', '/health')).body).toMatchObject({
      status: 'unhealthy',
      s3: { ok: false, problem: expect.stringContaining('If-None-Match') },
    });
    expect(await gateway.post('postgresql')).toMatchObject({ status: 502, body: { code: 'S3_NOT_CONDITIONAL' } });
    expect(await bucket.keys()).toEqual(['_esclusa/probes/if-none-match.json']);
  } finally {
    await gateway.stop();
    await proxy.stop();
  }
});
