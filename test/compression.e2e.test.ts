import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { containersWith, docker, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';

const DATASETS = 'job: postgresql\ndatasets:\n  productos: { compression: gzip }\n  ofertas: { compression: zstd }\n  clientes:\n';
// Rows that do not become fewer, so that the compressed files have several parts.
const ROWS = 200_000;
const TYPES = { productos: 'application/gzip', ofertas: 'application/zstd', clientes: 'text/csv; charset=utf-8; header=present' } as const;

type Result = Record<string, { url: string; registros: number; bytes: number; sha256: string }>;

describe('datasets that are compressed', () => {
  let database: string;
  let proxy: S3Proxy;

  beforeAll(async () => {
    [proxy, database] = await Promise.all([
      S3Proxy.start(),
      newDatabase('packed', `create table productos ${table(ROWS)}`, `create table ofertas ${table(ROWS)}`, `create table clientes ${table(10)}`),
    ]);
  });

  afterAll(() => proxy.stop());

  test('have keys that say so, and bytes and hash of the objects, in answer, manifest and latest.json', async () => {
    const bucket = await newBucket('packed');
    const pipelines = { packed: DATASETS, hive: `${DATASETS}destination: { key: 'lago/dt={date}/{dataset}_{time}.csv' }\n` };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    try {
      for (const pipeline of Object.keys(pipelines)) {
        const { status, body } = await gateway.post(pipeline);
        expect(status).toBe(200);
        const result = body['result'] as Result;
        await read(bucket, result);
        const keys = Object.values(result).map(({ url }) => keyOf(url).replace(/^.*\//, '').replace(/\d+/g, '0').replace('_0_0', '_0'));
        expect(keys).toEqual(['productos_0.csv.gz', 'ofertas_0.csv.zst', 'clientes_0.csv']);
        await nothingLeft(gateway.installation, bucket);
        const manifest = JSON.parse(await bucket.text(`_esclusa/latest/${pipeline}.json`)) as Manifest;
        expect(manifest.run).toBe(body['run']);
        const of = (name: string) => resourceOf(manifest, name);
        expect([of('productos')?.['compression'], of('ofertas')?.['compression'], of('clientes')?.['compression']]).toEqual(['gz', 'zst', undefined]);
        expect(of('productos')?.['uncompressedBytes']).toBe(of('ofertas')?.['uncompressedBytes']);
        expect(of('clientes')).not.toHaveProperty('uncompressedBytes');
      }
      expect(await bucket.dataKeys()).toHaveLength(6);
    } finally {
      await gateway.stop();
    }
  });

  test('are taken back when S3 fails in the middle, and whole after the next attempt', async () => {
    const bucket = await newBucket('packed');
    const environment = { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: '2' };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { packed: DATASETS }, environment });
    try {
      let refused = 0;
      proxy.gate = ({ operation }, when) =>
        operation === 'UploadPart' && when === 'before' && refused++ < 1 ? { status: 403, code: 'AccessDenied' } : 'forward';
      const first = await gateway.post('packed');
      expect(first.body).toMatchObject({ code: 'S3_REFUSED' });
      await nothingLeft(gateway.installation, bucket);
      expect(await bucket.dataKeys()).toEqual([]);

      proxy.reset();
      proxy.breakAt({ operation: 'CompleteMultipartUpload', when: 'after', nth: 1 });
      const answer = gateway.post('packed');
      await proxy.hit();
      const [torn = ''] = await bucket.dataKeys();
      await docker.getContainer((await containersWith('esclusa.installation', gateway.installation))[0]?.Id ?? '').kill();
      proxy.release('drop');
      const { status, body } = await answer;
      expect(status).toBe(200);
      await nothingLeft(gateway.installation, bucket);
      const keys = Object.values(body['result'] as Result).map(({ url }) => keyOf(url));
      expect(keys).not.toContain(torn);
      expect(await bucket.dataKeys()).toEqual(keys.toSorted());
      await read(bucket, body['result'] as Result);
    } finally {
      await gateway.stop();
    }
  });

  test('under a template that calls a file compressed that is not: the gateway does not start, and says why', async () => {
    const bucket = await newBucket('packed');
    const pipelines = { mala: `${DATASETS}destination: { key: '{dataset}_{run}.csv.gz' }\n` };
    const { code, output } = await TestGateway.refuse({ bucket: bucket.name, pipelines });
    expect(code).toBe(78);
    expect(output.replaceAll('\\"', '"')).toContain('mala.yaml:6: destination.key: ends with ".gz", and dataset "ofertas" is not compressed so');
  });
});

/** Holds the objects to what the answer says of them, and unpacks them. */
async function read(bucket: TestBucket, result: Result): Promise<void> {
  for (const [name, type] of Object.entries(TYPES)) {
    const { url, registros, bytes, sha256 } = result[name] ?? { url: '', registros: 0, bytes: 0, sha256: '' };
    const { ContentType, ContentEncoding } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: keyOf(url) }));
    expect({ ContentType, ContentEncoding }).toEqual({ ContentType: type, ContentEncoding: undefined });
    const object = await bucket.bytes(keyOf(url));
    expect({ bytes, sha256 }).toEqual({ bytes: object.length, sha256: createHash('sha256').update(object).digest('hex') });
    const text = (name === 'productos' ? gunzipSync(object) : name === 'ofertas' ? zstdDecompressSync(object) : object).toString('utf8');
    expect(text.startsWith('id,texto\n1,')).toBe(true);
    expect(text.split('\n')).toHaveLength(registros + 2);
  }
}

function table(rows: number): string {
  return `as select g as id, md5(g::text) || md5((-g)::text) as texto from generate_series(1, ${rows}) as g`;
}
