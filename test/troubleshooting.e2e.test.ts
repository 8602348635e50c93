import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containersWith, nothingLeft } from './support/docker.ts';
import { type Answer, TestGateway } from './support/gateway.ts';
import { hostAddress } from './support/s3-recorder.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, stack } from './support/stack.ts';

const GOOD = 'job: postgresql\ndatasets:\n  productos:\n';

describe("the seed's ways to reach a database, and its troubleshooting list", () => {
  let bucket: TestBucket;
  let database: string;
  /** The published ports of the shared S3, as containers on any network reach them. */
  let s3ByAddress: string;

  beforeAll(async () => {
    bucket = await newBucket('troubleshooting');
    database = await newDatabase('troubleshooting', 'create table productos as select g as id from generate_series(1, 10) as g');
    s3ByAddress = `http://${await hostAddress()}:${new URL(stack().s3.endpoint).port}`;
  });

  afterAll(async () => {
    expect(await bucket.uploads()).toEqual([]);
  });

  /** Runs a pipeline on a gateway of its own. */
  const runWith = async (environment: Record<string, string>, pipeline = GOOD): Promise<Answer> => {
    const gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: { postgresql: pipeline },
      environment: { MAX_ATTEMPTS: '1', ...environment },
    });
    try {
      const answer = await gateway.post('postgresql');
      await nothingLeft(gateway.installation, bucket);
      return answer;
    } finally {
      await gateway.stop();
    }
  };
  const WORKS = { status: 200, body: { result: { productos: { registros: 10 } } } };

  test('option 1, a container on DOCKER_NETWORK, by its name', async () => {
    expect(await runWith({ DOCKER_NETWORK: stack().network, POSTGRES_HOST: 'postgres' })).toMatchObject(WORKS);
  });

  test("option 2, a remote host by its address, over Docker's default bridge", async () => {
    // An address of this host that is neither loopback nor Docker's; where there is none, Docker's is as remote to a container.
    const addresses = Object.entries(networkInterfaces()).flatMap(([name, all = []]) => (/^(lo|docker|br-|veth)/.test(name) ? [] : all));
    const remote = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? (await hostAddress());
    const environment = { DOCKER_NETWORK: 'bridge', POSTGRES_HOST: remote, POSTGRES_PORT: String(stack().postgres.port), JOB_S3_ENDPOINT: s3ByAddress };
    expect(await runWith(environment)).toMatchObject(WORKS);
  });

  test('option 3, this host itself by host.docker.internal, on Linux too, from any network', async () => {
    for (const network of ['bridge', stack().network]) {
      const port = String(stack().postgres.port);
      const environment = { DOCKER_NETWORK: network, POSTGRES_HOST: 'host.docker.internal', POSTGRES_PORT: port, JOB_S3_ENDPOINT: s3ByAddress };
      expect(await runWith(environment)).toMatchObject(WORKS);
    }
  });

  test('"Imagen no encontrada": the command that builds it is named', async () => {
    const { status, body } = await runWith({ IMAGE_PREFIX: 'esclusa-nobody-built' });
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'IMAGE_MISSING' });
    expect(body['detail']).toContain('./build-images.sh postgresql');
  });

  test('"No se puede conectar a Docker daemon": docker ps, the mount of the socket, and DOCKER_HOST are named, in /health too', async () => {
    const environment = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { postgresql: GOOD }, environment });
    try {
      const { status, body } = await gateway.post('postgresql');
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'ENGINE_UNREACHABLE' });
      const mend = /docker ps.*mount \/var\/run\/docker\.sock.*DOCKER_HOST/;
      expect(body['detail']).toMatch(mend);
      const health = (await gateway.request('GET', '/health')).body as { engine: { problem: string } };
      expect(health.engine.problem).toMatch(mend);
    } finally {
      await gateway.stop();
    }
  });

  test('"No se puede conectar a la base de datos", its network is another one: the one it was on is named, and how to find the right one', async () => {
    // The database's name means nothing on the default bridge.
    const { status, body } = await runWith({ DOCKER_NETWORK: 'bridge', JOB_S3_ENDPOINT: s3ByAddress });
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'SOURCE_UNREACHABLE' });
    expect(body['detail']).toMatch(/POSTGRES_HOST.*DOCKER_NETWORK.*network "bridge".*`docker network ls`/s);
  });

  test('... and so it is in the health of the pipelines', async () => {
    const environment = { DOCKER_NETWORK: 'bridge', JOB_S3_ENDPOINT: s3ByAddress };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { postgresql: GOOD }, environment });
    try {
      const { status, body } = await gateway.request('GET', '/api/ingesta/health');
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { databases: { postgresql: { code: 'SOURCE_UNREACHABLE', message: expect.stringMatching(/network "bridge".*`docker network ls`/) } } },
      });
    } finally {
      await gateway.stop();
    }
  });

  test('... a network that does not exist', async () => {
    const { status, body } = await runWith({ DOCKER_NETWORK: 'pharmavida-bd-s_Nadie' });
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'NETWORK_MISSING' });
    expect(body['detail']).toMatch(/"pharmavida-bd-s_Nadie" does not exist.*DOCKER_NETWORK.*docker network ls/);
  });

  test('"Tabla no existe": the table is named, and nothing of the others was extracted', async () => {
    const before = await bucket.dataKeys();
    const { status, body } = await runWith({}, `${GOOD}  clientes:\n`);
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'DATASET_NOT_FOUND' });
    expect(body['detail']).toContain('"clientes"');
    expect(await bucket.dataKeys()).toEqual(before);
  });

  test('"Ver logs de un contenedor efimero": the answer says where they are, its container gone', async () => {
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { postgresql: `${GOOD}  clientes:\n` } });
    try {
      const { body } = await gateway.post('postgresql');
      await nothingLeft(gateway.installation, bucket);
      expect(await containersWith('esclusa.run', String(body['run']))).toEqual([]);
      const log = await (await fetch(gateway.url + String(body['logs']))).text();
      expect(log).toMatch(/DATASET_NOT_FOUND.*clientes/);
    } finally {
      await gateway.stop();
    }
  });
});
