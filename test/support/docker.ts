import Docker from 'dockerode';
import type { TestBucket } from './s3.ts';

/** Docker, seen past the gateway's engine. */
export const docker = new Docker();

/** Containers that bear a label, in any state. */
export async function containersWith(label: string, value?: string): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [value === undefined ? label : `${label}=${value}`] } });
}

/** A run's container once it runs. One that is still being created is listed before Docker finds it by its id. */
export async function runningContainer(run: unknown): Promise<Docker.ContainerInfo> {
  const find = async () => (await containersWith('esclusa.run', String(run))).find(({ State }) => State === 'running');
  return eventually('its container to run', find);
}

/** The port on this host at which a container's port is published. */
export async function publishedPort(container: string, port: number): Promise<number> {
  const { NetworkSettings } = await docker.getContainer(container).inspect();
  return Number(NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
}

/** Waits until `condition` gives something else than undefined or false. */
export async function eventually<T>(what: string, condition: () => Promise<T | undefined | false>, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until nothing is left of an installation's runs but data, decisions, ended runs and their logs, and the containers of `kept`: the answer comes before the clean-up. */
export async function nothingLeft(installation: string, bucket: TestBucket, strangers: readonly string[] = [], kept: readonly string[] = []): Promise<void> {
  let left: string[] = [];
  await eventually('nothing to be left', async () => (left = await leftovers(installation, bucket, strangers, kept)).length === 0, 15).catch(() => {
    throw new Error(`left behind: ${left.join(', ')}`);
  });
}

async function leftovers(installation: string, bucket: TestBucket, strangers: readonly string[], kept: readonly string[]): Promise<string[]> {
  const names = (await containersWith('esclusa.installation', installation)).map((container) => container.Names.join().slice(1));
  const containers = names.filter((name) => !kept.includes(name)).map((name) => `container ${name}`);
  const uploads = (await bucket.uploads()).filter(({ uploadId }) => !strangers.includes(uploadId)).map(({ key }) => `upload on ${key}`);
  const ledger = await bucket.keys('_esclusa/');
  const unfinished = ledger
    .filter((key) => !/^_esclusa\/(runs|commits|logs|index|idem|schedules|probes|latest|states)\//.test(key))
    .map((key) => `ledger entry ${key}`);
  return [...containers, ...uploads, ...unfinished];
}
