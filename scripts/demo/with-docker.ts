import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LabContainers } from '../lib/containers.ts';
import { ensureImage } from '../setup/images.ts';
import { connectionOf, DATABASES, type DemoDatabase, variablesOf } from './databases.ts';
import { DemoS3 } from './s3.ts';
import { randomSecret, removeSecrets, writeSecrets } from './secrets.ts';
import { answers, assertFree, BUCKET, gatewayEnvironment, INSTALLATION, S3_KEYS, say, type Stage } from './stage.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const NETWORK = 'pharmavida_network';
// The gateway's own: from the jobs' network nothing reaches it.
const GATEWAY_NETWORK = 'pharmavida_gateway';
const GATEWAY = 'esclusa_gateway';
const SOCKET = '/var/run/docker.sock';

const isSecret = ([name]: readonly [string, string]): boolean => name.endsWith('_PASSWORD');

/** Everything in containers of the demo's own: three databases, S3, the gateway. */
export async function withDocker(port: number): Promise<Stage> {
  const containers = new LabContainers(NETWORK, 'esclusa.demo');
  const clear = async (): Promise<void> => {
    await containers.clear(INSTALLATION);
    await removeSecrets();
  };
  // Containers that a killed demo has left may hold the port.
  await clear();
  await assertFree(port);
  say(`images: ${DATABASES.map(({ label }) => label).join(', ')}, S3, the jobs, the gateway`);
  const images = new Map(
    await Promise.all((['s3', ...DATABASES.map(({ image }) => image)] as const).map(async (name) => [name, await ensureImage(name, say)] as const)),
  );
  execFileSync(join(ROOT, 'build-images.sh'), [], { stdio: ['ignore', 'inherit', 'inherit'] });

  try {
    say(`starting the databases and S3 on the network ${NETWORK}`);
    await containers.prepare(GATEWAY_NETWORK);
    const jobsSecret = randomSecret();
    const [s3] = await Promise.all([
      startS3(containers, images.get('s3') ?? '', jobsSecret),
      ...DATABASES.map((database) => startDatabase(containers, database, images.get(database.image) ?? '')),
    ]);
    await startGateway(containers, port, jobsSecret);
    const url = `http://localhost:${port}`;
    await answers(url).catch(async (error: unknown) => {
      console.error(await containers.log(GATEWAY));
      throw error;
    });
    const ended = containers.ended(GATEWAY).then((status) => `it ended with exit status ${status}: docker logs ${GATEWAY}`);
    return { url, s3, pipelines: DATABASES.map(({ pipeline }) => pipeline), ended, clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function startGateway(containers: LabContainers, port: number, jobsSecret: string): Promise<void> {
  const variables: Record<string, string> = Object.assign(
    {},
    ...DATABASES.map((database) => variablesOf(database, { ...connectionOf(database, {}), host: database.container })),
  );
  const plain = Object.entries(variables).filter((entry) => !isSecret(entry));
  const secrets = await writeSecrets({
    ...Object.fromEntries(Object.entries(variables).filter(isSecret)),
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    JOB_AWS_SECRET_ACCESS_KEY: jobsSecret,
    LEDGER_KEY: randomSecret(),
  });
  await containers.start({
    name: GATEWAY,
    image: 'esclusa-gateway:latest',
    networks: [GATEWAY_NETWORK],
    hardened: true,
    ports: { 8e3: port },
    binds: [`${SOCKET}:${SOCKET}`, `${join(ROOT, 'pipelines')}:/app/pipelines:ro`, ...secrets.binds],
    groups: [String(statSync(SOCKET).gid)],
    environment: {
      ...gatewayEnvironment(),
      HOST: '0.0.0.0',
      // For the seed's curl line, which has no key. Three things limit who can connect: the port is published on loopback, the
      // gateway is alone with S3 on its network, and Docker lets no other network's containers in.
      ALLOW_INSECURE_LISTEN: 'true',
      DOCKER_NETWORK: NETWORK,
      S3_ENDPOINT: 'http://pharmavida_s3:9000',
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      JOB_AWS_ACCESS_KEY_ID: 'jobs',
      ...Object.fromEntries(plain),
      ...secrets.environment,
    },
  });
}

async function startS3(containers: LabContainers, image: string, jobsSecret: string): Promise<DemoS3> {
  const ports = await containers.start({
    name: 'pharmavida_s3',
    image,
    // Gateway and jobs both write there.
    networks: [NETWORK, GATEWAY_NETWORK],
    ports: { 9e3: 0 },
    environment: {
      S3_ACCESS_KEY: S3_KEYS.accessKeyId,
      S3_SECRET_KEY: S3_KEYS.secretAccessKey,
      S3_JOBS_ACCESS_KEY: 'jobs',
      S3_JOBS_SECRET_KEY: jobsSecret,
    },
  });
  const s3 = new DemoS3(`http://127.0.0.1:${ports[9000]}`, S3_KEYS);
  await s3.prepare(BUCKET);
  await s3.restrict(BUCKET);
  say(`S3 has the bucket ${BUCKET}`);
  return s3;
}

async function startDatabase(containers: LabContainers, database: DemoDatabase, image: string): Promise<void> {
  const connection = connectionOf(database, {});
  const ports = await containers.start({ name: database.container, image, ports: { [database.port]: 0 }, environment: database.environment(connection) });
  const count = await database.load({ ...connection, port: ports[database.port] ?? 0 });
  say(`${database.label} has PharmaVida: ${count} ${database.counted}`);
}
