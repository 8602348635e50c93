import { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { containersWith, docker } from '../../support/docker.ts';
import { TestGateway } from '../../support/gateway.ts';
import { type TestBucket, keyOf } from '../../support/s3.ts';
import { newBucket, newDatabase, unique } from '../../support/stack.ts';
import { type Asked, Asker, wordsOf } from './ask.ts';
import { gatewayProgram } from './program.ts';
import { Watch } from './watch.ts';

/** A key that seals the ledger: long enough, and a canary in every search for secrets. */
export const LEDGER_KEY = 'canary-ledger-key-5d0f9a1c7e3b4826';
/** Secret that the hostile job gets as its own; none of its characters passes every spelling unchanged. */
export const MASK_SECRET = 'canary/Mask+secret?ñ "77c1" end';

const HONEST_CSV = 'id,nombre\n1,agua\n2,sal\n3,pan\n';
/** S3's bound of a call. */
const DELETED_AT_ONCE = 1_000;
const SQL = ['create table productos (id int primary key, nombre text)', `insert into productos values (1, 'agua'), (2, 'sal'), (3, 'pan')`];

/** How a stage differs from the usual one. */
export interface StageOptions {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly pipelines?: Readonly<Record<string, string>>;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Done to each new bucket before its gateway starts. */
  readonly prepare?: (bucket: TestBucket) => Promise<void>;
}

/** How a hostile run is asked for. */
export interface EvilOptions {
  /** Lines of the pipeline's file beside job and datasets. */
  readonly yaml?: string;
  readonly job?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A gateway as its image has it, a bucket, and an honest pipeline; renewed when a row has spoilt it. */
export class Stage {
  readonly options: StageOptions;
  /** Runs that the row under way has asked for, and prefixes of their data. */
  runs: string[] = [];
  pipelines: string[] = [];
  readonly watch: Watch;
  readonly #database: string;
  readonly #asker: Asker;
  #gateway: TestGateway;
  #bucket: TestBucket;
  #planted: string[] = [];
  #engine: Promise<{ ID: string }> | undefined;
  #number = 0;

  private constructor(options: StageOptions, database: string, gateway: TestGateway, bucket: TestBucket, watch: Watch) {
    this.options = options;
    this.#database = database;
    this.#gateway = gateway;
    this.#bucket = bucket;
    this.#asker = new Asker(options.headers);
    this.watch = watch;
  }

  static async set(options: StageOptions): Promise<Stage> {
    const database = await newDatabase(options.name, ...SQL);
    const { gateway, bucket } = await start(options, database);
    const stage = new Stage(options, database, gateway, bucket, await Watch.start(gateway));
    // Images and connections are warm before anything is measured.
    await stage.honest();
    return stage;
  }

  get gateway(): TestGateway {
    return this.#gateway;
  }

  get bucket(): TestBucket {
    return this.#bucket;
  }

  /** Another gateway, installation and bucket: what a row has spoilt must not fail the next. */
  async renew(): Promise<void> {
    await this.#clear();
    const { gateway, bucket } = await start(this.options, this.#database);
    this.#gateway = gateway;
    this.#bucket = bucket;
    this.#planted = [];
    await this.honest();
  }

  async ask(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Asked> {
    return this.#asker.ask(method, this.#gateway.url + path, body, headers);
  }

  /** A run of the honest pipeline; says what is wrong with it, if anything is. */
  async honest(headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.ask('POST', '/api/ingesta/honest', undefined, headers).catch((error: Error) => error);
    if (answer instanceof Error) return `no answer: ${answer.message}`;
    if (answer.status !== 200) return `${wordsOf(answer)} ${String(answer.body['detail']).slice(0, 200)}`;
    const { url = '' } = (answer.body['result'] as Record<string, { url: string }>)['productos'] ?? {};
    const csv = await this.#bucket.text(keyOf(url)).catch((error: Error) => error.message);
    return csv === HONEST_CSV ? 'succeeded' : `wrong data: ${csv.slice(0, 200)}`;
  }

  /** Runs the hostile job by a pipeline of its own, of one dataset `d` unless `options` is a list of them. */
  async evil(options: object, more: EvilOptions = {}): Promise<Asked & { readonly run: string; readonly pipeline: string }> {
    const pipeline = await this.writeEvil(options, more);
    const answer = await this.ask('POST', `/api/ingesta/${pipeline}`, more.body, more.headers);
    const run = [answer.headers['esclusa-run'], answer.body['run']].find((id) => typeof id === 'string') ?? '';
    if (run !== '') this.runs.push(run);
    return { ...answer, run, pipeline };
  }

  /** Writes such a pipeline without running it; gives its name. */
  async writeEvil(options: object, { yaml = '', job = 'evil' }: EvilOptions = {}): Promise<string> {
    this.#number++;
    const pipeline = `evil${this.#number}`;
    const datasets = Array.isArray(options) ? Object.fromEntries(options.map((each, at) => [`d${at}`, each])) : { d: options };
    await this.#gateway.writePipeline(pipeline, `job: ${job}\ndatasets: ${JSON.stringify(datasets)}\n${yaml}`);
    this.pipelines.push(pipeline);
    return pipeline;
  }

  /** Writes an object as a stranger would; taken away when the row is over. */
  async plant(key: string, body: string | Buffer = '{}', metadata: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#planted.push(key);
    await this.#bucket.client.send(new PutObjectCommand({ Bucket: this.#bucket.name, Key: key, Body: body, Metadata: { ...metadata } }));
    return key;
  }

  /** Takes a key away when the row is over, though others wrote it. */
  strange(...keys: readonly string[]): void {
    this.#planted.push(...keys);
  }

  /** Takes away what was planted. */
  async unplant(): Promise<void> {
    while (this.#planted.length > 0) {
      const Objects = this.#planted.splice(0, DELETED_AT_ONCE).map((Key) => ({ Key }));
      await this.#bucket.client.send(new DeleteObjectsCommand({ Bucket: this.#bucket.name, Delete: { Objects, Quiet: true } }));
    }
  }

  /** Owner part of keys of what is in flight. */
  async owner(): Promise<{ readonly installation: string; readonly engine: string; readonly path: string }> {
    // Asked once: thousands of forged keys need it.
    this.#engine ??= docker.info() as Promise<{ ID: string }>;
    const { ID } = await this.#engine;
    const { installation } = this.#gateway;
    return { installation, engine: ID, path: `${installation}/${ID.replaceAll(/[^A-Za-z0-9._-]/g, '-')}` };
  }

  /** Containers of this installation, whatever they are for. */
  async containers(): Promise<number> {
    return (await containersWith('esclusa.installation', this.#gateway.installation)).length;
  }

  /** Ends all of it. */
  async strike(): Promise<void> {
    await this.watch.stop();
    await this.#clear();
    this.#asker.close();
  }

  async #clear(): Promise<void> {
    await this.#gateway.kill();
    for (const { Id } of await containersWith('esclusa.installation', this.#gateway.installation)) {
      await docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => undefined);
    }
    // Objects that the bucket still holds go with the S3. A row must not fail for the row before.
    await this.#bucket.abortUploads().catch(() => undefined);
    await this.#bucket.destroy().catch(() => undefined);
  }
}

async function start(options: StageOptions, database: string) {
  const { parameters, environment } = gatewayProgram();
  const bucket = await newBucket(options.name);
  await options.prepare?.(bucket);
  const gateway = await TestGateway.start({
    bucket: bucket.name,
    database,
    installation: unique(options.name),
    program: parameters,
    pipelines: { honest: 'job: postgresql\ndatasets:\n  productos:\n', ...options.pipelines },
    environment: { ...environment, LOG_LEVEL: 'info', MAX_RUNNING: '6', STOP_GRACE_SECONDS: '1', LEDGER_KEY, MASK_SECRET, ...options.environment },
  });
  return { gateway, bucket };
}
