import { readFileSync } from 'node:fs';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { docker, eventually } from '../support/docker.ts';
import { TestBucket, type S3Access } from '../support/s3.ts';
import { SESSION_LABEL, session, stack, unique } from '../support/stack.ts';

const SCRIPT = new URL('../../images/s3/entrypoint.sh', import.meta.url).pathname;
// Only the front end can be killed without losing what was written: the storage behind it is in memory.
const FRONT_END = 'radosgw -c "$conf" -n client.rgw -f &';
const LASTING = '(while :; do radosgw -c "$conf" -n client.rgw -f || true; sleep 1; done) &';
const KILL = 'for p in /proc/[0-9]*; do read -r name < $p/comm || continue; [ "$name" = radosgw ] && kill -9 ${p#/proc/}; done; true';

// With the SDK's pauses longer than the front end is away.
const PATIENT_ATTEMPTS = 10;

/** An S3 of its own whose front end can be killed, and comes back a second later, and which can be frozen whole. */
export class S3Server {
  readonly access: S3Access;
  readonly #container: StartedTestContainer;

  private constructor(container: StartedTestContainer) {
    const { accessKeyId, secretAccessKey } = stack().s3;
    this.access = { endpoint: `http://127.0.0.1:${container.getMappedPort(9000)}`, accessKeyId, secretAccessKey };
    this.#container = container;
  }

  static async start(): Promise<S3Server> {
    const { images, network, s3 } = stack();
    const script = readFileSync(SCRIPT, 'utf8');
    if (!script.includes(FRONT_END))
      throw new Error(`${SCRIPT} starts its front end in another way than it is known here; follow it in test/faults/s3-server.ts`);
    const container = await new GenericContainer(images.s3)
      .withName(unique('s3-faults'))
      .withNetworkMode(network)
      .withLabels({ [SESSION_LABEL]: session() })
      .withEnvironment({ S3_ACCESS_KEY: s3.accessKeyId, S3_SECRET_KEY: s3.secretAccessKey })
      .withEntrypoint(['/bin/bash', '-c', script.replace(FRONT_END, LASTING)])
      .withExposedPorts(9000)
      .withWaitStrategy(Wait.forLogMessage('esclusa-s3 ready'))
      .withStartupTimeout(120_000)
      .start();
    return new S3Server(container);
  }

  /** A new bucket. */
  async bucket(): Promise<TestBucket> {
    const bucket = new TestBucket(this.access, unique('faults'), PATIENT_ATTEMPTS);
    await bucket.create();
    return bucket;
  }

  /** SIGKILL for the front end. */
  async kill(): Promise<void> {
    const { exitCode, output } = await this.#container.exec(['/bin/bash', '-c', KILL]);
    if (exitCode !== 0) throw new Error(`the front end of S3 could not be killed: ${output}`);
  }

  /** Stops every process where it is, for so many milliseconds. */
  async freeze(ms: number): Promise<void> {
    const container = docker.getContainer(this.#container.getId());
    await container.pause();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await container.unpause();
  }

  /** Waits until it answers again. */
  async answers(): Promise<void> {
    await eventually('S3 to answer', () =>
      fetch(this.access.endpoint, { signal: AbortSignal.timeout(2_000) }).then(
        ({ status }) => status < 500,
        () => false,
      ),
    );
  }

  async stop(): Promise<void> {
    await this.#container.stop();
  }
}
