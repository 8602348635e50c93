import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TEST_IMAGE_PREFIX, compileCache, stack, unique } from './stack.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
// A machine that does much else takes its time.
const START_TIMEOUT_MS = 90_000;

/** Key that seals the entries of tests' gateways. */
export const LEDGER_KEY = 'canary-ledger-key-of-the-tests-5b1d';

/** How a test wants its gateway. */
export interface GatewayOptions {
  readonly bucket: string;
  /** Pipeline files by name (without `.yaml`). */
  readonly pipelines: Readonly<Record<string, string>>;
  /** Database of the shared server that POSTGRES_* point at. */
  readonly database?: string;
  /** More environment, or other values; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly installation?: string;
  /** Arguments of Node, in place of the path of the sources. */
  readonly program?: readonly string[];
}

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A gateway as a process of its own, as an operator would run it, on real Docker. */
export class TestGateway {
  readonly url: string;
  readonly installation: string;
  /** Everything that it logged. */
  readonly log: string[];
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, installation: string, log: string[], child: ChildProcess, folder: string) {
    this.url = url;
    this.installation = installation;
    this.log = log;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts one and waits until it listens. */
  static async start(options: GatewayOptions): Promise<TestGateway> {
    const { child, log, installation, folder } = await launch(options);
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        // Nobody else knows of it.
        child.kill('SIGKILL');
        reject(new Error(`the gateway did not listen:\n${log.slice(-50).join('\n')}`));
      }, START_TIMEOUT_MS);
      const look = (line: string): void => {
        const found = /"url":"(http:[^"]+)"/.exec(line)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
      lines(child, log, look);
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the gateway ended with ${code}:\n${log.slice(-50).join('\n')}`));
      });
    });
    return new TestGateway(url, installation, log, child, folder);
  }

  /** Starts one that is expected to refuse, and returns what it said. */
  static async refuse(options: GatewayOptions): Promise<{ code: number | null; output: string }> {
    const { child, log, folder } = await launch(options);
    lines(child, log, () => {});
    const [code] = (await once(child, 'close')) as [number | null];
    await rm(folder, { recursive: true });
    return { code, output: log.join('\n') };
  }

  async post(pipeline: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('POST', `/api/ingesta/${pipeline}`, body, headers);
  }

  async request(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(this.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
  }

  /** True while the process is alive. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Process id, for looking at its memory. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Writes another version of a pipeline. */
  async writePipeline(name: string, yaml: string): Promise<void> {
    await writeFile(join(this.#folder, `${name}.yaml`), yaml);
  }

  /** Makes a folder among the pipelines. */
  async makeInPipelines(name: string): Promise<void> {
    await mkdir(join(this.#folder, name));
  }

  /** SIGKILL: no time for anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM: a graceful stop. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal);
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function launch(options: GatewayOptions) {
  const { network, s3, s3Inside, postgres } = stack();
  const installation = options.installation ?? unique('test');
  const folder = await mkdtemp(join(tmpdir(), 'esclusa-pipelines-'));
  for (const [name, yaml] of Object.entries(options.pipelines)) await writeFile(join(folder, `${name}.yaml`), yaml);
  const environment: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: folder,
    // Hundreds are started, all of the same source.
    NODE_COMPILE_CACHE: compileCache(),
    PORT: '0',
    LOG_LEVEL: 'debug',
    PIPELINES_DIR: folder,
    INSTALLATION_ID: installation,
    IMAGE_PREFIX: TEST_IMAGE_PREFIX,
    DOCKER_NETWORK: network,
    AWS_BUCKET_NAME: options.bucket,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    S3_ENDPOINT: s3.endpoint,
    JOB_S3_ENDPOINT: s3Inside,
    LEDGER_KEY,
    POSTGRES_HOST: postgres.inside,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD: postgres.password,
    POSTGRES_DATABASE: options.database ?? 'postgres',
    RETRY_BASE_SECONDS: '0.2',
    RETRY_MAX_SECONDS: '2',
    STOP_GRACE_SECONDS: '3',
    // Time for what follows an answer: clearing away.
    SHUTDOWN_SECONDS: '15',
    RECONCILE_SECONDS: '1',
    SWEEP_AGAIN_SECONDS: '1',
    ...options.environment,
  };
  const env = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const child = spawn(process.execPath, options.program ?? [join(ROOT, 'gateway/src/main.ts')], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, log: [] as string[], installation, folder };
}

function lines(child: ChildProcess, log: string[], onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.push(line);
      onLine(line);
    });
  }
}
