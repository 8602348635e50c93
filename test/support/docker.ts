import Docker from 'dockerode';
import type { TestBucket } from './s3.ts';

/** Docker, seen past the gateway's engine. */
export const docker = new Docker();

/** Containers that bear a label, in any state. */
export async function containersWith(label: string, value?: string): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [value === undefined ? label : `${label}=${value}`] } });
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

/** Waits until nothing is left of an installation's runs but data, decisions and ended runs: the answer comes before the clean-up. */
export async function nothingLeft(installation: string, bucket: TestBucket, strangers: readonly string[] = []): Promise<void> {
  let left: string[] = [];
  await eventually('nothing to be left', async () => (left = await leftovers(installation, bucket, strangers)).length === 0, 15).catch(() => {
    throw new Error(`left behind: ${left.join(', ')}`);
  });
}

async function leftovers(installation: string, bucket: TestBucket, strangers: readonly string[] = []): Promise<string[]> {
  const containers = (await containersWith('esclusa.installation', installation)).map((container) => `container ${container.Names.join()}`);
  const uploads = (await bucket.uploads()).filter(({ uploadId }) => !strangers.includes(uploadId)).map(({ key }) => `upload on ${key}`);
  const ledger = await bucket.keys('_esclusa/');
  const unfinished = ledger.filter((key) => !/^_esclusa\/(runs|commits)\//.test(key)).map((key) => `ledger entry ${key}`);
  return [...containers, ...uploads, ...unfinished];
}
