import Docker from 'dockerode';
import { logOf } from './log.ts';
import { LABEL, NETWORK } from './names.ts';

const MiB = 1024 * 1024;

/** A program that runs in a container to its end. */
export interface Program {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly binds?: readonly string[];
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
}

/** How it went: seconds from its creation to its end, and what it wrote. */
export interface Ended {
  readonly seconds: number;
  readonly output: string;
}

const docker = new Docker();

/** Creates and starts a container on the lab's network, waits for its end and removes it; rejects unless it exits 0 in time. */
export async function runContainer(program: Program): Promise<Ended> {
  const began = performance.now();
  const container = await docker.createContainer({
    Image: program.image,
    Entrypoint: [],
    Cmd: [...program.command],
    Env: Object.entries(program.environment ?? {}).map(([name, value]) => `${name}=${value}`),
    User: '0',
    Labels: { [LABEL]: '1' },
    HostConfig: {
      NetworkMode: NETWORK,
      NanoCpus: program.cpus * 1e9,
      Memory: program.memoryMiB * MiB,
      Binds: [...(program.binds ?? [])],
    },
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void container.kill().catch(() => undefined);
  }, program.timeoutSeconds * 1000);
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const seconds = (performance.now() - began) / 1000;
    const output = await logOf(container.id);
    if (late) throw new Error(`not done after ${program.timeoutSeconds} s`);
    if (StatusCode !== 0) throw new Error(`exit status ${StatusCode}: ${output.trim().slice(-600)}`);
    return { seconds, output };
  } finally {
    clearTimeout(timer);
    await container.remove({ force: true, v: true });
  }
}
