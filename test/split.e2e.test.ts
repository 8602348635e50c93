import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, type Resource, filesOf, isFileKey } from '@esclusa/contract';
import { problemsOfPackage } from './support/data-package.ts';
import { containersWith, docker, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { loadIntoDuckdb, loadIntoPostgres } from './support/load.ts';
import { loadIntoPandas } from './support/pandas.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';
import { unpacked } from './support/unpacked.ts';

const ROWS = 60_000;
const MIB = 1024 * 1024;
const PIPELINE = `job: postgresql
datasets:
  plano: { table: filas, splitMiB: 1 }
  entero: { table: filas }
  leido_a_tres: { table: filas, readers: 3, splitMiB: 2 }
  otro: { table: filas, splitMiB: 1, csv: { delimiter: ';', quoteAll: true, bom: true } }
  gzip: { table: filas, splitMiB: 1, compression: gzip }
  zstd: { table: filas, splitMiB: 1, compression: zstd }
  corto: { table: filas, splitMiB: 1, limit: 10 }
`;

interface Published {
  readonly url: string;
  readonly registros: number;
  readonly bytes: number;
  readonly sha256?: string;
  readonly files?: readonly { readonly url: string; readonly registros: number; readonly bytes: number; readonly sha256: string }[];
}

describe('datasets that are split', () => {
  let database: string;
  let proxy: S3Proxy;

  beforeAll(async () => {
    // Texts with line breaks, and of no order that a compressor would find.
    const table = `create table filas as select g as id, case when g % 5 = 0 then null else md5(g::text) || e'\\n"' || md5((-g)::text) end as "una\nnota"
                   from generate_series(1, ${ROWS}) as g`;
    [proxy, database] = await Promise.all([S3Proxy.start(), newDatabase('partes', table, 'alter table filas add primary key (id)')]);
  });

  afterAll(() => proxy.stop());

  test('are several files of one dataset in answer, run, manifest and load lines, with the rows of one', async () => {
    const bucket = await newBucket('partes');
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { partes: PIPELINE } });
    const folder = await mkdtemp(join(tmpdir(), 'esclusa-partes-'));
    const client = await connectTo(await newDatabase('partes_carga'));
    try {
      const { status, body } = await gateway.post('partes');
      expect(status).toBe(200);
      const result = body['result'] as Record<string, Published>;
      expect((await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body).toMatchObject({ result });
      await nothingLeft(gateway.installation, bucket);
      const manifest = JSON.parse(await bucket.text('_esclusa/latest/partes.json')) as Manifest;
      expect(await problemsOfPackage(manifest)).toEqual([]);
      expect(await bucket.dataKeys()).toEqual(manifest.resources.flatMap((resource) => filesOf(resource).map(({ path }) => path)).toSorted());

      const texts = new Map<string, string>();
      for (const resource of manifest.resources) {
        const files = await read(bucket, resource, result[resource.name]);
        texts.set(resource.name, joined(files, Number(resource['headerBytes'] ?? 0)));
        const paths = files.map(({ key }) => join(folder, basename(key)));
        await Promise.all(files.map(({ object }, n) => writeFile(paths[n] ?? '', object)));
        expect((await loadIntoDuckdb(resource, paths)).rows.map(([id]) => Number(id)).toSorted((a, b) => a - b)).toEqual(numbers(resource.rows));
        const framed = await loadIntoPandas(resource, paths);
        if (framed !== undefined) expect(framed).toHaveLength(resource.rows);
        await client.query(`drop table if exists "${resource.name}"`);
        expect(await loadIntoPostgres(client, resource, paths)).toHaveLength(resource.rows);
      }
      const whole = texts.get('entero');
      for (const name of ['plano', 'leido_a_tres', 'gzip', 'zstd']) expect(texts.get(name)).toBe(whole);
      expect(Object.fromEntries(manifest.resources.map((resource) => [resource.name, filesOf(resource).length]))).toEqual({
        plano: 4,
        entero: 1,
        leido_a_tres: 2,
        otro: 4,
        gzip: 2,
        zstd: 2,
        corto: 1,
      });
    } finally {
      await client.end();
      await rm(folder, { recursive: true });
      await gateway.stop();
    }
  });

  test.each([
    ['an upload of the third file', { operation: 'UploadPart', when: 'before', nth: 3 } as const, 0],
    ['the completion of the second file', { operation: 'CompleteMultipartUpload', when: 'after', nth: 2 } as const, 2],
  ])('leave nothing of a job that is killed at %s, and touch nothing beside them', async (_, point, visible) => {
    const bucket = await newBucket('partes');
    const environment = { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: '2' };
    const pipelines = { partes: 'job: postgresql\ndatasets:\n  filas: { splitMiB: 1 }\n' };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines, environment });
    try {
      proxy.breakAt(point);
      const answer = gateway.post('partes');
      await proxy.hit();
      const torn = await bucket.dataKeys();
      expect(torn).toHaveLength(visible);
      const [upload] = await bucket.uploads();
      // Somebody else's: at a key that a file of the dead attempt might have, and beside them.
      const first = (torn[0] ?? upload?.key ?? '').replace(/\.part-\d+/, '');
      const strangers = [first.replace('.csv', '.part-0007.csv'), first.replace('.csv', '.part-0002.csv.gz'), first.replace('.csv', '.part-00002.csv')];
      for (const key of strangers) await bucket.put(key, 'de otro');
      await docker.getContainer((await containersWith('esclusa.installation', gateway.installation))[0]?.Id ?? '').kill();
      proxy.release('drop');
      const { status, body } = await answer;
      expect(status).toBe(200);
      await nothingLeft(gateway.installation, bucket);
      const { files = [] } = (body['result'] as Record<string, Published>)['filas'] ?? {};
      const keys = files.map(({ url }) => keyOf(url));
      expect(keys).toHaveLength(4);
      expect(keys.filter((key) => isFileKey(first, key))).toEqual([]);
      expect(await bucket.dataKeys()).toEqual([...keys, ...strangers].toSorted());
    } finally {
      proxy.reset();
      await gateway.stop();
    }
  });

  test.each([
    ['0', 'must be >= 1'],
    ['280001', 'must be <= 280000'],
    ['1.5', 'must be integer'],
  ])('are not split at %s MiB: the gateway does not start, and says why', async (splitMiB, problem) => {
    const bucket = await newBucket('partes');
    const pipelines = { mala: `job: postgresql\ndatasets:\n  filas: { splitMiB: ${splitMiB} }\n` };
    const { code, output } = await TestGateway.refuse({ bucket: bucket.name, pipelines });
    expect(code).toBe(78);
    expect(output).toContain(`mala.yaml:3: datasets.filas.splitMiB: ${problem}`);
  });
});

interface Read {
  readonly key: string;
  readonly object: Buffer;
  readonly text: Buffer;
}

/** A dataset's files as they lie there, held to what manifest and answer say of them. */
async function read(bucket: TestBucket, resource: Resource, published: Published | undefined): Promise<Read[]> {
  const files = filesOf(resource);
  const read: Read[] = [];
  for (const { path, bytes, hash } of files) {
    const object = await bucket.bytes(path);
    expect({ bytes: object.length, hash: `sha256:${createHash('sha256').update(object).digest('hex')}` }).toEqual({ bytes, hash });
    read.push({ key: path, object, text: unpacked(path, object) });
  }
  const told = files.map(({ url, rows, bytes, hash }) => ({ url, registros: rows, bytes, sha256: hash.replace('sha256:', '') }));
  const { rows: registros, bytes } = resource;
  const [first] = told;
  const lossy = 0;
  expect(published).toEqual(told.length === 1 ? { ...first, lossy } : { url: first?.url, registros, bytes, files: told, lossy });
  expect(told.reduce((sum, file) => sum + file.registros, 0)).toBe(registros);
  const size = { plano: 1, otro: 1, leido_a_tres: 2 }[resource.name];
  for (const { object } of read.slice(0, -1)) {
    expect(object.length).toBeGreaterThanOrEqual((size ?? 1) * MIB);
    expect(object.length).toBeLessThan((size ?? 1) * MIB + (size === undefined ? MIB : 200));
  }
  return read;
}

/** The text of one file; without headers but the first. */
function joined(files: readonly Read[], headerBytes: number): string {
  return Buffer.concat(files.map(({ text }, n) => text.subarray(n === 0 ? 0 : headerBytes))).toString('utf8');
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}
