import Docker from 'dockerode';

/** A container beside the gateway's own: a server, or the gateway itself. */
export interface LabContainer {
  readonly name: string;
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** Container port → port on loopback (0: any free one). */
  readonly ports: Readonly<Record<number, number>>;
  readonly binds?: readonly string[];
  readonly groups?: readonly string[];
  /** Folders in memory, with the mount's options. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Weight where processor time is short, 1024 by default. */
  readonly cpuShares?: number;
  /** Size of /dev/shm, 64 MiB by default. */
  readonly sharedMemoryMiB?: number;
  /** Networks to be on; the lab's own by default. */
  readonly networks?: readonly [string, ...string[]];
  /** Shut in as docker-compose.yml does it with the gateway. */
  readonly hardened?: boolean;
}

/** Rights and limits that docker-compose.yml gives the gateway. */
const HARDENED = {
  ReadonlyRootfs: true,
  Tmpfs: { '/tmp': '' },
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges:true'],
  Memory: 256 * 1024 * 1024,
  PidsLimit: 128,
  CpuShares: 4096,
};

/** Containers on a network of their own, for the demo and the benchmarks; all bear one label, and nothing else is ever touched. */
export class LabContainers {
  readonly #docker = new Docker();
  readonly #network: string;
  readonly #label: string;

  constructor(network: string, label: string) {
    this.#network = network;
    this.#label = label;
  }

  /** Removes what an earlier lab that could not clean up has left, then creates the network, and others beside it. */
  async prepare(...others: string[]): Promise<void> {
    await this.clear();
    for (const Name of [this.#network, ...others]) await this.#docker.createNetwork({ Name, CheckDuplicate: true, Labels: { [this.#label]: '1' } });
  }

  /** Starts a container; returns its ports on loopback by container port. */
  async start(wanted: LabContainer): Promise<Record<number, number>> {
    const ports = Object.entries(wanted.ports).map(([inside, outside]) => [
      `${inside}/tcp`,
      [{ HostIp: '127.0.0.1', HostPort: outside === 0 ? '' : String(outside) }],
    ]);
    const [network, ...others] = wanted.networks ?? [this.#network];
    const container = await this.#docker.createContainer({
      name: wanted.name,
      ...(wanted.hardened === true ? { User: '65532:65532' } : {}),
      Image: wanted.image,
      Env: Object.entries(wanted.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(wanted.command === undefined ? {} : { Cmd: [...wanted.command] }),
      Labels: { [this.#label]: '1' },
      ExposedPorts: Object.fromEntries(ports.map(([port]) => [port, {}])),
      HostConfig: {
        PortBindings: Object.fromEntries(ports),
        NetworkMode: network,
        Binds: [...(wanted.binds ?? [])],
        GroupAdd: [...(wanted.groups ?? [])],
        Tmpfs: { ...wanted.tmpfs },
        ...(wanted.hardened === true ? HARDENED : {}),
        ...(wanted.cpuShares === undefined ? {} : { CpuShares: wanted.cpuShares }),
        ...(wanted.sharedMemoryMiB === undefined ? {} : { ShmSize: wanted.sharedMemoryMiB * 1024 * 1024 }),
      },
    });
    for (const other of others) await this.#docker.getNetwork(other).connect({ Container: container.id });
    await container.start();
    const { NetworkSettings } = await container.inspect();
    return Object.fromEntries(Object.keys(wanted.ports).map((inside) => [inside, Number(NetworkSettings.Ports[`${inside}/tcp`]?.[0]?.HostPort)]));
  }

  /** Last lines that a container wrote. */
  async log(name: string): Promise<string> {
    const output = await this.#docker.getContainer(name).logs({ stdout: true, stderr: true, tail: 30 });
    // Each line comes with the eight bytes of Docker's stream header.
    return output.toString('utf8').replace(/^.{8}/gm, '');
  }

  /** Resolves with the exit status of a container once it ends. */
  async ended(name: string): Promise<number> {
    const { StatusCode } = (await this.#docker.getContainer(name).wait()) as { StatusCode: number };
    return StatusCode;
  }

  /** Stops and removes one container, with its data. */
  async remove(name: string): Promise<void> {
    const container = this.#docker.getContainer(name);
    await container.stop({ t: 5 }).catch(ignore(304, 404));
    await container.remove({ force: true, v: true }).catch(ignore(404, 409));
  }

  /** Stops and removes the lab's containers but those of these names. */
  async removeAllBut(names: readonly string[]): Promise<void> {
    await this.#removeLabelled(this.#label, names);
  }

  /** Stops and removes the jobs of a gateway that are still there. */
  async removeJobs(installation: string): Promise<void> {
    await this.#removeLabelled(`esclusa.installation=${installation}`);
  }

  /** Stops and removes the lab's containers and network, and jobs of its gateways that are still there. */
  async clear(...installations: string[]): Promise<void> {
    await this.#removeLabelled(this.#label);
    for (const installation of installations) await this.removeJobs(installation);
    for (const { Id } of await this.#docker.listNetworks({ filters: { label: [this.#label] } })) {
      await this.#docker.getNetwork(Id).remove().catch(ignore(404));
    }
  }

  async #removeLabelled(label: string, kept: readonly string[] = []): Promise<void> {
    const found = await this.#docker.listContainers({ all: true, filters: { label: [label] } });
    // Docker puts a slash before a name.
    const wanted = found.filter(({ Names }) => !Names.some((name) => kept.includes(name.slice(1))));
    await Promise.all(wanted.map(({ Id }) => this.remove(Id)));
  }
}

/** Passes over answers that mean that what we wanted is so already. */
function ignore(...statuses: number[]): (error: { statusCode?: number }) => void {
  return (error) => {
    if (!statuses.includes(error.statusCode ?? 0)) throw error;
  };
}
