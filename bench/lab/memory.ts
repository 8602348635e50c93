import { createInterface } from 'node:readline';
import Docker from 'dockerode';

const docker = new Docker();

/** Memory of a container in bytes, as the `docker stats` command shows it: usage without the page cache that could be given back. */
export async function usedMemory(name: string): Promise<number> {
  return usedOf(await docker.getContainer(name).stats({ stream: false }));
}

/** Looks at the same every second; `stop` resolves with the highest that was seen. */
export function watchUsed(name: string): { stop: () => Promise<number> } {
  let highest = 0;
  const following = docker
    .getContainer(name)
    .stats({ stream: true })
    .then((stream) => {
      createInterface({ input: stream }).on('line', (line) => (highest = Math.max(highest, usedOf(JSON.parse(line) as Docker.ContainerStats))));
      return stream as NodeJS.ReadableStream & { destroy(): void };
    });
  return {
    async stop() {
      (await following).destroy();
      return highest;
    },
  };
}

function usedOf({ memory_stats: { usage, stats } }: Docker.ContainerStats): number {
  // Now and then Docker has no answer for a moment. Version 1 of cgroups and version 2 have different words for the cache.
  const cache = stats as unknown as Record<string, number | undefined> | undefined;
  return (usage ?? 0) - (cache?.['total_inactive_file'] ?? cache?.['inactive_file'] ?? 0);
}

/** Follows a gateway's log from now on for the highest memory use that a job's cgroup reports; `stop` resolves with it, in bytes. */
export function watchPeak(gateway: string): { stop: () => Promise<number> } {
  let peak = 0;
  const logs = docker.getContainer(gateway).logs({ stdout: true, stderr: true, follow: true, tail: 0 });
  const following = logs.then((stream) => {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (const [, value] of rest.matchAll(/"memoryPeakBytes":(\d+)/g)) peak = Math.max(peak, Number(value));
      rest = rest.slice(-100);
    });
    return stream as NodeJS.ReadableStream & { destroy(): void };
  });
  return {
    async stop() {
      const stream = await following;
      await new Promise((resolve) => setTimeout(resolve, 500));
      stream.destroy();
      if (peak === 0) throw new Error("the job did not report its cgroup's memory");
      return peak;
    },
  };
}
