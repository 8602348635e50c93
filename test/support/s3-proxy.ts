import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { eventually } from './docker.ts';
import { SESSION_LABEL, session, stack, unique } from './stack.ts';

/** Calls on S3 that a breakpoint can name. */
export type S3Operation = 'CreateMultipartUpload' | 'UploadPart' | 'CompleteMultipartUpload' | 'AbortMultipartUpload' | 'PutCommitKey';

/** Where to hold a request: the `nth` of its kind, before S3 sees it or after S3 has done it and before the answer goes back. */
export interface Breakpoint {
  readonly operation: S3Operation;
  readonly when: 'before' | 'after';
  readonly nth: number;
}

/** A proxy before S3 that can hold one request, so that a test can kill something at exactly that point. */
export class S3Proxy {
  /** S3 through the proxy, as containers on the network see it. */
  readonly inside: string;
  readonly #container: StartedTestContainer;

  private constructor(inside: string, container: StartedTestContainer) {
    this.inside = inside;
    this.#container = container;
  }

  static async start(): Promise<S3Proxy> {
    const { network, images, s3Inside } = stack();
    const name = unique('s3-proxy');
    const container = await new GenericContainer(images.base)
      .withName(name)
      .withNetworkMode(network)
      .withLabels({ [SESSION_LABEL]: session() })
      .withEntrypoint(['node', '/tmp/s3-proxy.mjs'])
      .withEnvironment({ TARGET: s3Inside })
      .withCopyFilesToContainer([{ source: new URL('s3-proxy.mjs', import.meta.url).pathname, target: '/tmp/s3-proxy.mjs' }])
      .withExposedPorts({ container: 9001, host: 0, protocol: 'tcp' })
      .withWaitStrategy(Wait.forHttp('/breakpoint', 9001))
      .start();
    return new S3Proxy(`http://${name}:9000`, container);
  }

  async breakAt(breakpoint: Breakpoint): Promise<void> {
    await this.#control('PUT', '/breakpoint', breakpoint);
  }

  /** Waits until the request is being held. */
  async hit(): Promise<void> {
    await eventually('the breakpoint', async () => (await this.#control('GET', '/breakpoint')).hit);
  }

  /** Lets the held request go on, or cuts its connection. */
  async release(action: 'forward' | 'drop'): Promise<void> {
    await this.#control('POST', '/release', { action });
  }

  async stop(): Promise<void> {
    await this.#container.stop();
  }

  async #control(method: string, path: string, body?: unknown): Promise<{ hit: boolean; seen: string[] }> {
    const url = `http://${this.#container.getHost()}:${this.#container.getMappedPort(9001)}${path}`;
    const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return (await response.json()) as { hit: boolean; seen: string[] };
  }
}
