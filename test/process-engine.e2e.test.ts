import { describe, expect, test } from '@jest/globals';
import { TestGateway } from './support/gateway.ts';
import { nothingLeft } from './support/docker.ts';
import { newBucket, newDatabase, stack } from './support/stack.ts';

describe('the process engine', () => {
  test('runs a pipeline end to end without a container, and says at start what it can not do', async () => {
    const [bucket, database] = await Promise.all([
      newBucket('process'),
      newDatabase('process', 'create table productos as select g as id from generate_series(1, 1000) as g'),
    ]);
    const { postgres, s3 } = stack();
    const gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: { postgresql: 'job: postgresql\ndatasets:\n  productos:\n' },
      // No Docker anywhere: nothing of it may be needed.
      environment: {
        ENGINE: 'process',
        DOCKER_HOST: 'unix:///nowhere',
        JOB_S3_ENDPOINT: s3.endpoint,
        POSTGRES_HOST: postgres.host,
        POSTGRES_PORT: String(postgres.port),
      },
    });
    try {
      expect(gateway.log.join('\n')).toMatch(/development only.*\n.*isolate.*\n.*can not adopt/);
      expect(await gateway.post('postgresql')).toMatchObject({ status: 200, body: { database: 'postgresql', result: { productos: { registros: 1000 } } } });
      expect(await gateway.request('GET', '/health')).toMatchObject({ status: 200, body: { engine: { name: 'process' } } });
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});
