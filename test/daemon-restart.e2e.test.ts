import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { OwnDaemon } from './support/own-daemon.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { TEST_IMAGE_PREFIX, newBucket, newDatabase, stack } from './support/stack.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

const IMAGE = `${TEST_IMAGE_PREFIX}-postgresql:latest`;

// Where Docker runs in a virtual machine or belongs to somebody else, no daemon can be had that may be restarted.
(OwnDaemon.isPossible ? describe : describe.skip)('the Docker daemon is restarted while a job uploads', () => {
  let daemon: OwnDaemon;
  let s3: S3Proxy;
  let postgres: TcpProxy;

  beforeAll(async () => {
    const { host, port } = stack().postgres;
    [daemon, s3, postgres] = await Promise.all([OwnDaemon.start(), S3Proxy.start(), TcpProxy.start(host, port)]);
    await daemon.load(IMAGE);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([daemon.stop(), s3.stop(), postgres.stop()]);
  });

  // A daemon that stops tells its containers to end; one that is killed can't.
  test.each(['SIGTERM', 'SIGKILL'] as const)('by %s: the run is done again, its caller gets its answer, and nothing is left', async (signal) => {
    const bucket = await newBucket('daemon');
    const database = await newDatabase('daemon', 'create table pedidos as select g as id from generate_series(1, 1000) as g');
    const gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: { pedidos: 'job: postgresql\ndatasets:\n  pedidos:\n' },
      environment: {
        DOCKER_HOST: daemon.host,
        DOCKER_NETWORK: daemon.network,
        JOB_S3_ENDPOINT: s3.inside,
        POSTGRES_HOST: 'host.docker.internal',
        POSTGRES_PORT: String(postgres.port),
      },
    });
    try {
      s3.breakAt({ operation: 'UploadPart', when: 'before', nth: 1 });
      const answer = gateway.post('pedidos');
      await s3.hit();
      await daemon.restart(signal);
      // Not sooner: a killed daemon's containers live on until the next one ends them, and might be done by then.
      s3.release('drop');
      const { status, body } = await answer;
      expect({ status, body }).toMatchObject({ status: 200, body: { result: { pedidos: { registros: 1000 } } } });
      const run = await gateway.request('GET', `/api/runs/${String(body['run'])}`);
      expect(run.body['attempts']).toMatchObject([{ state: 'aborted', code: 'JOB_INTERRUPTED' }, { state: 'committed' }]);
      await nothingLeft(gateway.installation, bucket);
      await eventually('no container', async () => (await daemon.docker.listContainers({ all: true })).length === 0);
    } finally {
      await gateway.stop();
    }
  });
});
