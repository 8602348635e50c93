import Docker from 'dockerode';

const docker = new Docker();

/** Memory of a container in bytes, as the `docker stats` command shows it: usage without the page cache that could be given back. */
export async function usedMemory(name: string): Promise<number> {
  const { memory_stats: memory } = await docker.getContainer(name).stats({ stream: false });
  const stats = memory.stats as unknown as Record<string, number | undefined>;
  return memory.usage - (stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0);
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
