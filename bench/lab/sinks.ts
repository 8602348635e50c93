import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DemoS3 } from '../../scripts/demo/s3.ts';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import type { Log } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { BUCKET, KEYS, containerName } from './names.ts';
import { findVersitygw } from './versitygw.ts';

/** Where bytes end: the fastest real S3 that can be had, or a server that throws them away. */
export type SinkName = 's3' | 'discard';

const PORT = 9000;
/** In memory, so that no disk is measured; pages are taken as they are written. */
const TMPFS = { '/data': 'size=16g,mode=1777' };
const LEDGER = '_esclusa/';

/** One of the two, with what a benchmark needs of it. */
export class Sink {
  readonly name: SinkName;
  /** What it is, for the report. */
  readonly label: string;
  /** As the lab's network names it. */
  readonly endpoint: string;
  /** On loopback. */
  readonly port: number;
  readonly #client: S3Client;

  private constructor(name: SinkName, label: string, port: number) {
    this.name = name;
    this.label = label;
    this.endpoint = `http://${containerName(name)}:${PORT}`;
    this.port = port;
    this.#client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: KEYS });
  }

  /** Starts a sink with its bucket; `label` tells what it is. */
  static async start(lab: LabContainers, name: SinkName, log: Log): Promise<Sink> {
    const container = containerName(name);
    const base = await ensureImage('base', log);
    const gateway = name === 's3' ? await findVersitygw(log) : undefined;
    let label: string;
    let ports: Record<number, number>;
    if (gateway === undefined) {
      label = 'a server that throws large bodies away';
      const binds = [`${import.meta.dirname}/discard.ts:/discard.ts:ro`];
      ports = await lab.start({ name: container, image: base, ports: { [PORT]: 0 }, binds, command: ['node', '/discard.ts', String(PORT)] });
    } else if ('path' in gateway) {
      label = 'versitygw on a tmpfs';
      const command = ['/versitygw', '--quiet', '--keep-alive', '--port', `:${PORT}`, '--access', KEYS.accessKeyId, '--secret', KEYS.secretAccessKey];
      ports = await lab.start({
        name: container,
        image: base,
        ports: { [PORT]: 0 },
        binds: [`${gateway.path}:/versitygw:ro`],
        tmpfs: TMPFS,
        command: [...command, 'posix', '--data-integrity-etag', '/data'],
      });
    } else {
      label = `one-node Ceph in memory, since ${gateway.missing}`;
      log(`S3 is a ${label}`);
      const environment = { S3_ACCESS_KEY: KEYS.accessKeyId, S3_SECRET_KEY: KEYS.secretAccessKey };
      ports = await lab.start({ name: container, image: await ensureImage('s3', log), ports: { [PORT]: 0 }, environment });
    }
    const port = ports[PORT] ?? 0;
    await new DemoS3(`http://127.0.0.1:${port}`, KEYS).prepare(BUCKET).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await lab.log(container)}`, { cause: error });
    });
    return new Sink(name, label, port);
  }

  /** Bytes of an object; rejects when it is not there. */
  async size(key: string): Promise<number> {
    const { ContentLength } = await this.#client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
    return ContentLength ?? 0;
  }

  /** Deletes all data; the ledger stays. */
  async empty(): Promise<void> {
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    for (const { Key } of Contents) {
      if (Key !== undefined && !Key.startsWith(LEDGER)) await this.#client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    }
  }

  /** Ends its connections. */
  close(): void {
    this.#client.destroy();
  }
}
