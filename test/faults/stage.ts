import { containersWith, docker, eventually } from '../support/docker.ts';
import { TestGateway } from '../support/gateway.ts';
import type { TestBucket } from '../support/s3.ts';
import { TEST_IMAGE_PREFIX, unique } from '../support/stack.ts';
import { type Lab, PIPELINES } from './lab.ts';
import { Starts } from './starts.ts';
import { Strangers } from './strangers.ts';

/** Pipelines that no load asks for: their job breaks down by itself. */
const MISBEHAVING = {
  allocate: 'job: fixture\ndatasets:\n  x:\n    behaviour: allocate\n',
  fill: 'job: fixture\ndatasets:\n  x:\n    behaviour: fill\n',
};

/** One bucket and one installation, with a gateway that may be killed and started again, and strangers beside it. */
export class Stage {
  readonly bucket: TestBucket;
  readonly installation: string;
  readonly starts: Starts;
  readonly strangers: Strangers;
  /** What all its gateways logged, in turn. */
  readonly logs: string[][] = [];
  readonly #start: () => Promise<TestGateway>;
  #gateway: Promise<TestGateway>;
  #url = '';

  private constructor(bucket: TestBucket, installation: string, starts: Starts, strangers: Strangers, start: () => Promise<TestGateway>) {
    this.bucket = bucket;
    this.installation = installation;
    this.starts = starts;
    this.strangers = strangers;
    this.#start = start;
    this.#gateway = this.#started();
  }

  static async set(lab: Lab, environment: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const [bucket, installation] = [await lab.store.bucket(), unique('faults')];
    const [starts, strangers] = await Promise.all([Starts.of(installation), Strangers.plant(bucket, `${TEST_IMAGE_PREFIX}-postgresql:latest`, 'pedidos')]);
    const options = {
      bucket: bucket.name,
      installation,
      pipelines: { ...Object.fromEntries(Object.entries(PIPELINES).map(([name, { yaml }]) => [name, yaml])), ...MISBEHAVING },
      environment: {
        ...lab.database.environment,
        S3_ENDPOINT: lab.s3.outside,
        JOB_S3_ENDPOINT: lab.jobS3.inside,
        DOCKER_HOST: lab.docker.host,
        MAX_RUNNING: '4',
        MAX_WAITING: '50',
        MAX_ATTEMPTS: '10',
        RETRY_BUDGET: '10000',
        RECONCILE_SECONDS: '1',
        SWEEP_AGAIN_SECONDS: '2',
        LOG_LEVEL: 'info',
        ...environment,
      },
    };
    const stage = new Stage(bucket, installation, starts, strangers, () => TestGateway.start(options));
    await stage.#gateway;
    return stage;
  }

  /** Where the gateway is, or was before it was killed. */
  get url(): string {
    return this.#url;
  }

  /** Resolves once the gateway of now listens. */
  async listening(): Promise<TestGateway> {
    return this.#gateway;
  }

  /** SIGKILL for the gateway. */
  async kill(): Promise<void> {
    await (await this.#gateway).kill();
  }

  /** Starts the next gateway on the same bucket; see {@link listening}. */
  restart(): void {
    this.#gateway = this.#started();
    // Whoever awaits it still sees the rejection.
    this.#gateway.catch(() => undefined);
  }

  /** Waits, without load, until no run is open and nothing is left to clean up; gives what is left after the bounds. */
  async settle(openSeconds: number, leftSeconds: number): Promise<{ open: string[]; left: string[] }> {
    let open: string[] = [];
    let left: string[] = [];
    await eventually('no open run', async () => (open = await this.bucket.keys('_esclusa/open/')).length === 0, openSeconds).catch(() => undefined);
    await eventually('nothing to be left', async () => (left = await this.leftovers()).length === 0, leftSeconds).catch(() => undefined);
    return { open, left };
  }

  /** Containers, open uploads and entries in flight that are ours and should be gone once no run is open. */
  async leftovers(): Promise<string[]> {
    const [containers, uploads, entries] = await Promise.all([this.containers(), this.bucket.uploads(), this.bucket.keys('_esclusa/')]);
    return [
      ...containers.map(({ Names, State }) => `container ${Names.join()} (${State})`),
      ...uploads.filter(({ uploadId }) => uploadId !== this.strangers.uploadId).map(({ key }) => `upload on ${key}`),
      ...entries.filter((key) => !/^_esclusa\/(runs|commits|logs|index|idem|schedules|probes|latest)\//.test(key)).map((key) => `entry ${key}`),
    ];
  }

  /** Our containers, in any state. */
  async containers() {
    return containersWith('esclusa.installation', this.installation);
  }

  /** Stops the gateway, and takes everything of the round away. */
  async clear(): Promise<void> {
    await this.#gateway.then(
      (gateway) => gateway.stop(),
      () => undefined,
    );
    this.starts.stop();
    await this.strangers.clear();
    for (const { Id } of await this.containers()) await docker.getContainer(Id).remove({ force: true });
    await this.bucket.destroy();
  }

  async #started(): Promise<TestGateway> {
    const gateway = await this.#start();
    this.logs.push(gateway.log);
    this.#url = gateway.url;
    return gateway;
  }
}
