import { LabContainers } from '../../scripts/lib/containers.ts';
import { type Log, ask, run } from '../../scripts/setup/command.ts';
import { ensureDocker } from '../../scripts/setup/docker.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { type GatewayOptions, type LabGateway, startGateway } from './start-gateway.ts';
import { LABEL, NETWORK, containerName } from './names.ts';
import { Sink, type SinkName } from './sinks.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
/** Images of jobs under names of their own, so that what somebody builds meanwhile is not measured. */
const PREFIX = 'esclusa-bench';
const INSTALLATIONS = { s3: 'bench-s3', discard: 'bench-discard', calls: 'bench-calls', load: 'bench-load' } as const;

/** A sink with the gateway that works on it. */
export interface Station {
  readonly sink: Sink;
  readonly gateway: LabGateway;
}

/** The image of a job, as it is measured. */
export function imageOf(job: string): string {
  return `${PREFIX}-${job}:latest`;
}

/** The benchmark's network with its sinks and gateways, and how it all goes away again. */
export class Laboratory {
  readonly containers = new LabContainers(NETWORK, LABEL);
  readonly #log: Log;
  readonly #stations = new Map<SinkName, Station>();
  readonly #gateways = new Set<LabGateway>();
  #image = '';

  constructor(log: Log) {
    this.#log = log;
  }

  /** Builds the images that are out of date, and starts both sinks with a gateway each. */
  async open(): Promise<Readonly<Record<SinkName, Station>>> {
    await ensureDocker(this.#log);
    await ensureImage('base', this.#log);
    this.#log('building the images of the jobs and the gateway');
    await run([`${ROOT}build-images.sh`], { environment: { IMAGE_PREFIX: PREFIX } });
    // By its id, for the same reason.
    this.#image = (await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', 'esclusa-gateway:latest'])).trim();
    await this.containers.prepare();
    const start = async (name: SinkName): Promise<Station> => {
      const sink = await Sink.start(this.containers, name, this.#log);
      const gateway = await this.startGateway(name, { endpoint: sink.endpoint });
      const station = { sink, gateway };
      this.#stations.set(name, station);
      return station;
    };
    return { s3: await start('s3'), discard: await start('discard') };
  }

  /** Builds the image of the tests' job `fixture`, which does as it is told. */
  async buildFixture(): Promise<void> {
    await run([`${ROOT}build-images.sh`, '--jobs', `${ROOT}test/jobs`, 'fixture'], { environment: { IMAGE_PREFIX: PREFIX } });
  }

  /** Starts a gateway with an installation of its own: a sink's, or one that a part has for itself and closes. */
  async startGateway(name: keyof typeof INSTALLATIONS, options: Pick<GatewayOptions, 'endpoint' | 'environment' | 'pipelines'>): Promise<LabGateway> {
    const gateway = await startGateway(this.containers, {
      ...options,
      name: containerName(`gateway_${name}`),
      image: this.#image,
      network: NETWORK,
      installation: INSTALLATIONS[name],
      environment: { IMAGE_PREFIX: PREFIX, ...options.environment },
    });
    this.#gateways.add(gateway);
    return gateway;
  }

  /** Removes what a part that failed has left behind: all but the sinks and their gateways. */
  async tidy(): Promise<void> {
    await this.containers.removeAllBut([...this.#stations.values()].flatMap(({ sink, gateway }) => [containerName(sink.name), gateway.name]));
  }

  /** Removes all that it started. */
  async close(): Promise<void> {
    for (const { sink } of this.#stations.values()) sink.close();
    // What one of them leaves goes with the rest.
    await Promise.allSettled([...this.#gateways].map((gateway) => gateway.close()));
    // A daemon that is not there holds nothing.
    if ((await ask(['docker', 'version'])) !== undefined) await this.containers.clear(...Object.values(INSTALLATIONS));
  }
}
