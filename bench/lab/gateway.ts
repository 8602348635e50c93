import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { DemoS3 } from '../../scripts/demo/s3.ts';
import { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import { ensureDocker } from '../../scripts/setup/docker.ts';
import { ensureImage } from '../../scripts/setup/images.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
export const BUCKET = 'bench';
export const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
/** Images of the jobs that a lab builds for itself; nobody works with them. */
export const LAB_PREFIX = 'esclusa-bench';

/** What a lab is to have. */
export interface GatewayLabOptions {
  /** Begins the names of network and containers. */
  readonly name: string;
  /** Pipeline files by name (without `.yaml`). */
  readonly pipelines: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** The gateway's image; it is built when none is given. */
  readonly image?: string | undefined;
  /** Where the gateway and its jobs find S3, when it is not to be the container itself. Called once S3 listens on this port of loopback. */
  readonly endpoint?: (s3Port: number) => Promise<string>;
}

/** Memory of a container in bytes: as `docker stats` shows it, and what of it no process can do without. */
export interface Memory {
  readonly used: number;
  readonly rss: number;
}

const docker = new Docker();
const say = (line: string): void => console.error(line);

/** A gateway in its own container, with an S3, on a network of their own. */
export class GatewayLab {
  readonly url: string;
  readonly network: string;
  readonly containers: LabContainers;
  readonly #gateway: string;
  readonly #folder: string;

  private constructor(url: string, name: string, containers: LabContainers, folder: string) {
    this.url = url;
    this.network = name;
    this.containers = containers;
    this.#gateway = `${name}_gateway`;
    this.#folder = folder;
  }

  /** Starts S3 and what `before` adds to the network, then the gateway; resolves once it serves. */
  static async start(options: GatewayLabOptions, before: (lab: LabContainers) => Promise<void> = async () => {}): Promise<GatewayLab> {
    await ensureDocker(say);
    const { name, image = 'esclusa-gateway:latest' } = options;
    const s3Image = await ensureImage('s3', say);
    if (options.image === undefined) execFileSync(join(ROOT, 'build-images.sh'), ['gateway'], { stdio: ['ignore', process.stderr, process.stderr] });
    const containers = new LabContainers(name, name.replaceAll('_', '.'));
    const folder = await mkdtemp(join(tmpdir(), 'esclusa-bench-'));
    try {
      await containers.prepare();
      const environment = { S3_ACCESS_KEY: KEYS.accessKeyId, S3_SECRET_KEY: KEYS.secretAccessKey };
      const { 9000: s3Port = 0 } = await containers.start({ name: `${name}_s3`, image: s3Image, ports: { 9000: 0 }, environment });
      await new DemoS3(`http://127.0.0.1:${s3Port}`, KEYS).prepare(BUCKET);
      await before(containers);
      // The gateway is a user of its own.
      await chmod(folder, 0o755);
      for (const [file, text] of Object.entries(options.pipelines)) await writeFile(join(folder, `${file}.yaml`), text);
      const { 8000: port = 0 } = await containers.start({
        name: `${name}_gateway`,
        image,
        ports: { 8000: 0 },
        binds: ['/var/run/docker.sock:/var/run/docker.sock', `${folder}:/app/pipelines:ro`],
        groups: [String(statSync('/var/run/docker.sock').gid)],
        environment: {
          HOST: '0.0.0.0',
          ALLOW_INSECURE_LISTEN: 'true',
          INSTALLATION_ID: installationOf(name),
          DOCKER_NETWORK: name,
          AWS_BUCKET_NAME: BUCKET,
          AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
          S3_ENDPOINT: (await options.endpoint?.(s3Port)) ?? `http://${name}_s3:9000`,
          ...options.environment,
        },
      });
      const lab = new GatewayLab(`http://127.0.0.1:${port}`, name, containers, folder);
      await poll('the gateway', 30, async () => {
        const response = await fetch(`${lab.url}/health`);
        if (!response.ok) throw new Error(await response.text());
      }).catch(async (error: unknown) => {
        say(await containers.log(`${name}_gateway`));
        throw error;
      });
      return lab;
    } catch (error) {
      await containers.clear(installationOf(name));
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** The gateway's memory now, as `docker stats` counts it: without the page cache that could be given back. */
  async memory(): Promise<Memory> {
    return memoryOf(await docker.getContainer(this.#gateway).stats({ stream: false }));
  }

  /** Looks at the gateway's memory all the time; the highest that was seen comes when it is told to stop. */
  watchMemory(): { stop: () => Promise<Memory> } {
    const watching = docker.getContainer(this.#gateway).stats({ stream: true });
    let peak: Memory = { used: 0, rss: 0 };
    const following = watching.then((stream) => {
      let rest = '';
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const now = memoryOf(JSON.parse(line) as Docker.ContainerStats);
          if (now.used > peak.used) peak = now;
        }
      });
      return stream as NodeJS.ReadableStream & { destroy(): void };
    });
    return {
      async stop() {
        (await following).destroy();
        return peak;
      },
    };
  }

  /** All that the gateway has logged, one document a line. */
  async log(): Promise<Record<string, unknown>[]> {
    const output = await docker.getContainer(this.#gateway).logs({ stdout: true, stderr: true });
    // Each line comes with the eight bytes of Docker's stream header.
    const lines = output.toString('latin1').split('\n');
    return lines.flatMap((line) => (line.includes('{') ? [JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>] : []));
  }

  /** Removes all of it. */
  async close(): Promise<void> {
    await this.containers.clear(installationOf(this.network));
    await rm(this.#folder, { recursive: true });
  }
}

function installationOf(name: string): string {
  return name.replaceAll('_', '-');
}

function memoryOf({ memory_stats: { usage, stats } }: Docker.ContainerStats): Memory {
  // Now and then Docker has no answer for a moment.
  const of = stats as Record<string, number | undefined> | undefined;
  // Version 1 of cgroups and version 2 have different words for it.
  const used = usage - (of?.['total_inactive_file'] ?? of?.['inactive_file'] ?? 0);
  return { used, rss: of?.['total_rss'] ?? of?.['anon'] ?? 0 };
}
