import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LabContainers } from '../lib/containers.ts';
import { ensureImage } from '../setup/images.ts';
import { connectionOf, DATABASES, type DemoDatabase, variablesOf } from './databases.ts';
import { DemoS3 } from './s3.ts';
import { answers, BUCKET, gatewayEnvironment, INSTALLATION, S3_KEYS, say, type Stage } from './stage.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const NETWORK = 'pharmavida_network';
const SOCKET = '/var/run/docker.sock';

/** Everything in containers of the demo's own: three databases, S3, the gateway. */
export async function withDocker(port: number): Promise<Stage> {
  say(`images: ${DATABASES.map(({ label }) => label).join(', ')}, S3, the jobs, the gateway`);
  const images = new Map(
    await Promise.all((['s3', ...DATABASES.map(({ image }) => image)] as const).map(async (name) => [name, await ensureImage(name, say)] as const)),
  );
  execFileSync(join(ROOT, 'build-images.sh'), [], { stdio: ['ignore', 'inherit', 'inherit'] });

  const containers = new LabContainers(NETWORK, 'esclusa.demo');
  const clear = (): Promise<void> => containers.clear(INSTALLATION);
  try {
    say(`starting the databases and S3 on the network ${NETWORK}`);
    await containers.prepare();
    const [s3] = await Promise.all([
      startS3(containers, images.get('s3') ?? ''),
      ...DATABASES.map((database) => startDatabase(containers, database, images.get(database.image) ?? '')),
    ]);
    await containers.start({
      name: 'esclusa_gateway',
      image: 'esclusa-gateway:latest',
      ports: { 8e3: port },
      binds: [`${SOCKET}:${SOCKET}`, `${join(ROOT, 'pipelines')}:/app/pipelines:ro`],
      groups: [String(statSync(SOCKET).gid)],
      environment: {
        ...gatewayEnvironment(),
        HOST: '0.0.0.0',
        ALLOW_INSECURE_LISTEN: 'true',
        DOCKER_NETWORK: NETWORK,
        S3_ENDPOINT: 'http://pharmavida_s3:9000',
        AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
        ...Object.assign({}, ...DATABASES.map((database) => variablesOf(database, { ...connectionOf(database, {}), host: database.container }))),
      },
    });
    const url = `http://localhost:${port}`;
    await answers(url).catch(async (error: unknown) => {
      console.error(await containers.log('esclusa_gateway'));
      throw error;
    });
    return { url, s3, pipelines: DATABASES.map(({ pipeline }) => pipeline), clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function startS3(containers: LabContainers, image: string): Promise<DemoS3> {
  const ports = await containers.start({
    name: 'pharmavida_s3',
    image,
    ports: { 9e3: 0 },
    environment: { S3_ACCESS_KEY: S3_KEYS.accessKeyId, S3_SECRET_KEY: S3_KEYS.secretAccessKey },
  });
  const s3 = new DemoS3(`http://127.0.0.1:${ports[9000]}`, S3_KEYS);
  await s3.prepare(BUCKET);
  say(`S3 has the bucket ${BUCKET}`);
  return s3;
}

async function startDatabase(containers: LabContainers, database: DemoDatabase, image: string): Promise<void> {
  const connection = connectionOf(database, {});
  const ports = await containers.start({ name: database.container, image, ports: { [database.port]: 0 }, environment: database.environment(connection) });
  const count = await database.load({ ...connection, port: ports[database.port] ?? 0 });
  say(`${database.label} has PharmaVida: ${count} ${database.counted}`);
}
