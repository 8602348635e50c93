import { statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import { BUCKET, KEYS, LOGIN } from './names.ts';

const SOCKET = '/var/run/docker.sock';

/** How a gateway's container is started. */
export interface GatewayOptions {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  /** Its own: gateways of one installation would take each other's jobs for strays. */
  readonly installation: string;
  /** S3, as the network names it. */
  readonly endpoint: string;
  /** The sources' variables, and settings that are to be others. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands there when it starts, by name. */
  readonly pipelines?: Readonly<Record<string, object>>;
}

/** A gateway in its container. */
export interface LabGateway {
  readonly name: string;
  readonly url: string;
  /** Writes a pipeline's file, which the gateway reads when it is next asked for it. */
  write(pipeline: string, content: object): Promise<void>;
  /** Removes it with its pipelines, and jobs that it has left. */
  close(): Promise<void>;
}

/** Starts a gateway from its image and waits until it answers. */
export async function startGateway(lab: LabContainers, options: GatewayOptions): Promise<LabGateway> {
  const { name, image, network, installation, endpoint, environment, pipelines = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'esclusa-bench-'));
  // The gateway is a user of its own.
  await chmod(folder, 0o755);
  // JSON is YAML.
  const write = (pipeline: string, content: object): Promise<void> => writeFile(join(folder, `${pipeline}.yaml`), JSON.stringify(content));
  for (const [pipeline, content] of Object.entries(pipelines)) await write(pipeline, content);
  const ports = await lab.start({
    name,
    image,
    ports: { 8000: 0 },
    binds: [`${SOCKET}:${SOCKET}`, `${folder}:/app/pipelines:ro`],
    groups: [String(statSync(SOCKET).gid)],
    // As docker-compose.yml has it.
    cpuShares: 4096,
    environment: {
      HOST: '0.0.0.0',
      ALLOW_INSECURE_LISTEN: 'true',
      INSTALLATION_ID: installation,
      // The jobs' words, their memory among them, are shown at this level.
      LOG_LEVEL: 'debug',
      MAX_ATTEMPTS: '1',
      DOCKER_NETWORK: network,
      AWS_BUCKET_NAME: BUCKET,
      S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      LAB_PASSWORD: LOGIN.password,
      ...environment,
    },
  });
  const url = `http://127.0.0.1:${ports[8000]}`;
  try {
    await poll('the gateway', 30, async () => {
      const response = await fetch(`${url}/health`);
      if (!response.ok) throw new Error(await response.text());
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await lab.log(name)}`, { cause: error });
  }
  return {
    name,
    url,
    write,
    async close() {
      await lab.remove(name);
      await lab.removeJobs(installation);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
