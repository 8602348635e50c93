import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, type Resource, filesOf, listKey, resourceOf } from '@esclusa/contract';
import { problemsOfPackage } from './support/data-package.ts';
import { containersWith, docker, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { loadLine, ofFiles } from './support/load.ts';
import { S3Proxy } from './support/s3-proxy.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase } from './support/stack.ts';
import { inDuckdb } from '../jobs/kit/src/testing/duckdb.ts';

const ROWS = 150_000;
const PIPELINE = `job: postgresql
defaults: { format: parquet }
datasets:
  filas: { compression: zstd }
  partes: { table: filas, splitMiB: 1, parquet: { redshiftManifest: true } }
  raros: { parquet: { text: [hasta] } }
  vacia: { table: filas, where: 'false' }
`;
const FOLDERS = "destination: { key: '{pipeline}/{dataset}/{run}/datos' }\n";

describe('datasets in Parquet', () => {
  let database: string;
  let proxy: S3Proxy;
  let folder: string;

  beforeAll(async () => {
    const filas = `create table filas as select g as id, (g / 7.0)::numeric(12,4) as precio, md5(g::text) as texto, '2025-01-01'::timestamptz + g * interval '1 ms' as cuando,
                   jsonb_build_object('n', g) as datos from generate_series(1, ${ROWS}) as g`;
    const raros = "create table raros as select * from (values (1, 'infinity'::date, 'infinity'::date), (2, '2025-01-02', null)) as v (id, desde, hasta)";
    [proxy, database, folder] = await Promise.all([S3Proxy.start(), newDatabase('parquet', filas, raros), mkdtemp(join(tmpdir(), 'esclusa-parquet-'))]);
  });

  afterAll(async () => {
    await Promise.all([proxy?.stop(), rm(folder, { recursive: true, force: true })]);
  });

  /** What DuckDB tells of a dataset that it has loaded by the manifest's line. */
  async function told(bucket: TestBucket, resource: Resource, select: string): Promise<unknown[][]> {
    const paths: string[] = [];
    for (const { path, bytes, hash } of filesOf(resource)) {
      const object = await bucket.bytes(path);
      expect({ bytes: object.length, hash: `sha256:${createHash('sha256').update(object).digest('hex')}` }).toEqual({ bytes, hash });
      paths.push(join(folder, basename(path)));
      await writeFile(paths.at(-1) ?? '', object);
    }
    return inDuckdb(async (connection) => {
      await connection.run(ofFiles(loadLine(resource, 'duckdb'), resource, paths));
      return (await connection.runAndReadAll(`select ${select} from "${resource.name}"`)).getRowsJson();
    });
  }

  test.each([
    ['the default keys', '', false],
    ['a folder for each run', FOLDERS, true],
  ])('are files, answer, manifest and load lines, under %s', async (_keys, destination, isAlone) => {
    const bucket = await newBucket('parquet');
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { lago: PIPELINE + destination } });
    try {
      const { status, body } = await gateway.post('lago');
      expect({ status, body }).toMatchObject({ status: 200, body: { result: { filas: { registros: ROWS, lossy: 0 }, raros: { registros: 2, lossy: 1 } } } });
      await nothingLeft(gateway.installation, bucket);
      const manifest = JSON.parse(await bucket.text('_esclusa/latest/lago.json')) as Manifest;
      expect(await problemsOfPackage(manifest)).toEqual([]);
      const of = (name: string): Resource => resourceOf(manifest, name) ?? ({} as Resource);
      const run = String(body['run']);
      const keys = Object.fromEntries(manifest.resources.map((resource) => [resource.name, filesOf(resource).map(({ path }) => path)]));
      for (const key of Object.values(keys).flat()) {
        expect(key).toMatch(isAlone ? new RegExp(`^lago/\\w+/${run}/datos(\\.part-\\d{4})?\\.parquet$`) : /^lago\/\w+_\d{8}_\d{6}(\.part-\d{4})?\.parquet$/);
        const { ContentType } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
        expect(ContentType).toBe('application/vnd.apache.parquet');
      }
      expect(of('filas')).toMatchObject({ format: 'parquet', mediatype: 'application/vnd.apache.parquet', parquet: { codec: 'zstd', rowGroupMiB: 8 } });
      expect(of('filas')).not.toHaveProperty('dialect');

      const whole = 'count(*)::int, sum(id)::bigint::varchar, sum(precio)::varchar, max(cuando)::varchar, count(distinct texto)::int';
      const [filas, partes] = [await told(bucket, of('filas'), whole), await told(bucket, of('partes'), whole)];
      expect(filas[0]?.slice(0, 2)).toEqual([ROWS, String((ROWS * (ROWS + 1)) / 2)]);
      expect(partes).toEqual(filas);
      expect(keys['partes']?.length).toBeGreaterThan(2);
      expect(await told(bucket, of('vacia'), 'count(*)::int, typeof(any_value(precio))')).toEqual([[0, 'DECIMAL(12,4)']]);
      expect(await told(bucket, of('raros'), 'id, desde::varchar, hasta')).toEqual([
        [1, null, 'infinity'],
        [2, '2025-01-02', null],
      ]);
      expect(of('raros')['losses']).toEqual([expect.stringMatching(/^desde: is no DATE/)]);

      const [first = ''] = keys['partes'] ?? [];
      const list = JSON.parse(await bucket.text(listKey(first))) as { entries: unknown };
      expect(list.entries).toEqual(filesOf(of('partes')).map(({ url, bytes }) => ({ url, mandatory: true, meta: { content_length: bytes } })));
      expect(loadLine(of('partes'), 'redshift')).toContain(`FROM 's3://${bucket.name}/${listKey(first)}' IAM_ROLE default FORMAT AS PARQUET MANIFEST`);
      expect(loadLine(of('filas'), 'redshift')).toMatch(/^-- .*redshiftManifest/);
      expect(await bucket.dataKeys()).toEqual([...Object.values(keys).flat(), listKey(first)].toSorted());

      const athena = loadLine(of('filas'), 'athena');
      if (!isAlone) expect(athena).toMatch(/^-- Athena reads all files of a folder/);
      else {
        expect(athena).toBe(
          `CREATE EXTERNAL TABLE \`filas\` (\`id\` int, \`precio\` decimal(12,4), \`texto\` string, \`cuando\` timestamp, \`datos\` string) STORED AS PARQUET LOCATION 's3://${bucket.name}/lago/filas/${run}/';`,
        );
      }
    } finally {
      await gateway.stop();
    }
  });

  test.each([1, 2, 3])('of a job that is killed after its %d. object was completed leave nothing, the list of files too', async (nth) => {
    const bucket = await newBucket('parquet');
    const environment = { JOB_S3_ENDPOINT: proxy.inside, MAX_ATTEMPTS: '2' };
    const pipelines = {
      lago: 'job: postgresql\ndatasets:\n  raros: { format: parquet, parquet: { redshiftManifest: true } }\n  filas: { format: parquet, limit: 10 }\n',
    };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines, environment });
    try {
      proxy.breakAt({ operation: 'CompleteMultipartUpload', when: 'after', nth });
      const answer = gateway.post('lago');
      await proxy.hit();
      expect(await bucket.dataKeys()).toHaveLength(nth);
      await docker.getContainer((await containersWith('esclusa.installation', gateway.installation))[0]?.Id ?? '').kill();
      proxy.release('drop');
      const { status, body } = await answer;
      expect(status).toBe(200);
      await nothingLeft(gateway.installation, bucket);
      const manifest = JSON.parse(await bucket.text('_esclusa/latest/lago.json')) as Manifest;
      expect(manifest).toMatchObject({ run: body['run'], attempt: 2 });
      // What was read is of a snapshot that is gone, and that is said.
      expect((await gateway.request('GET', `/api/runs/${String(body['run'])}`)).body).toMatchObject({
        attempts: [{ attempt: 1, code: 'JOB_INTERRUPTED', next: expect.stringMatching(/^starts again from the beginning: .*snapshot/) }, { attempt: 2 }],
      });
      const keys = manifest.resources.flatMap((resource) => filesOf(resource).map(({ path }) => path));
      expect(await bucket.dataKeys()).toEqual([...keys, listKey(keys[0] ?? '')].toSorted());
    } finally {
      proxy.reset();
      await gateway.stop();
    }
  });

  test.each([
    ['filas: { format: parquet, csv: { bom: true } }', 'datasets.filas', 'fields that do not go together'],
    ['filas: { parquet: { rowGroupMiB: 8 } }', 'datasets.filas', "must have required property 'format'"],
    ['filas: { format: avro }', 'datasets.filas.format', 'must be equal to one of the allowed values'],
    ["filas: { format: parquet }\ndestination: { key: '{dataset}_{run}.csv' }", 'destination.key', 'ends with ".csv", and dataset "filas" is parquet'],
  ])('that ask for what does not go together: %s', async (datasets, field, problem) => {
    const bucket = await newBucket('parquet');
    const { code, output } = await TestGateway.refuse({ bucket: bucket.name, pipelines: { mala: `job: postgresql\ndatasets:\n  ${datasets}\n` } });
    expect(code).toBe(78);
    expect(output.replaceAll('\\"', '"')).toContain(`${field}: ${problem}`);
  });
});
