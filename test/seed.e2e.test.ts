import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { readCsv, typed } from './support/csv.ts';
import { nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase } from './support/stack.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const run = promisify(execFile);

interface SeedAnswer {
  status: string;
  database: string;
  result: Record<string, { url: string; registros: number; bytes: number; sha256: string }>;
}

describe("the seed's contract, on PharmaVida", () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let database: string;
  let answer: SeedAnswer;

  beforeAll(async () => {
    const folder = `${ROOT}examples/pharmavida/postgresql`;
    const sql = await Promise.all(['01-schema.sql', '02-data.sql'].map((file) => readFile(`${folder}/${file}`, 'utf8')));
    [bucket, database] = await Promise.all([newBucket('seed'), newDatabase('pharmavida', ...sql)]);
    const pipeline = await readFile(`${ROOT}pipelines/postgresql.yaml`, 'utf8');
    gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines: { postgresql: pipeline } });
    const { stdout } = await run('curl', ['-sS', '-X', 'POST', `${gateway.url}/api/ingesta/postgresql`]);
    answer = JSON.parse(stdout) as SeedAnswer;
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test("the seed's curl line is answered with the seed's JSON", () => {
    expect(answer).toMatchObject({ status: 'success', database: 'postgresql' });
    expect(Object.keys(answer.result)).toEqual(['productos', 'ofertas_completo']);
    for (const [dataset, { url, registros }] of Object.entries(answer.result)) {
      expect(url).toMatch(new RegExp(`^s3://${bucket.name}/postgresql/${dataset}_\\d{8}_\\d{6}\\.csv$`));
      expect(registros).toBe(12_000);
    }
  });

  test.each(['productos', 'ofertas_completo'])('%s equals its source, value by value, as another path reads it', async (dataset) => {
    const { url, registros } = answer.result[dataset] ?? { url: '', registros: 0 };
    const manifest = (await bucket.commits())[0]?.commit as Manifest;
    const columns = resourceOf(manifest, dataset)?.schema?.fields ?? [];
    const { header, records } = readCsv(await bucket.text(keyOf(url)));
    expect(header).toEqual(columns.map((column) => column.name));
    expect(records).toHaveLength(registros);
    const read = records.map((record) =>
      Object.fromEntries(columns.map(({ name, sourceType = '' }, index) => [name, typed(record[index] ?? null, sourceType)])),
    );

    // The source's own JSON of each row: neither COPY nor CSV.
    const query =
      dataset === 'productos'
        ? 'select * from productos order by id'
        : `select o.id as oferta_id, o.titulo, o.descripcion, o.fecha_inicio, o.fecha_fin, o.activa, d.id as detalle_id, d.descuento, d.precio_oferta, d.condiciones,
             p.id as producto_id, p.nombre as producto_nombre, p.precio as precio_normal
           from ofertas o join oferta_detalles d on d.oferta_id = o.id join productos p on p.id = d.producto_id order by o.id, d.id`;
    const client = await connectTo(database);
    await client.query("set time zone 'UTC'");
    const { rows } = await client.query<{ row: Record<string, unknown> }>(`select row_to_json(r) as row from (${query}) r`);
    await client.end();
    const key = dataset === 'productos' ? 'id' : 'detalle_id';
    const sorted = (all: Record<string, unknown>[]) => all.toSorted((a, b) => Number(a[key]) - Number(b[key]));
    expect(sorted(read)).toEqual(sorted(rows.map(({ row }) => row)));
  });

  test('NULL and the empty string are told apart in the bytes', async () => {
    const text = await bucket.text(keyOf(answer.result['productos']?.url ?? ''));
    const { header, records } = readCsv(text);
    const index = header.indexOf('descripcion');
    expect(records.some((record) => record[index] === null)).toBe(true);
    expect(records.some((record) => record[index] === '')).toBe(true);
    expect(text.includes('\r\n') && text.includes('""fresco y seco""')).toBe(true);
  });

  test('the manifest under the commit key proves each object', async () => {
    const commits = await bucket.commits();
    expect(commits).toHaveLength(1);
    const manifest = commits[0]?.commit as Manifest;
    expect(manifest.state).toBe('committed');
    const { createHash } = await import('node:crypto');
    for (const [dataset, { url, bytes, sha256, registros }] of Object.entries(answer.result)) {
      const object = await bucket.bytes(keyOf(url));
      expect(object.byteLength).toBe(bytes);
      expect(createHash('sha256').update(object).digest('hex')).toBe(sha256);
      expect(resourceOf(manifest, dataset)).toMatchObject({ url, bytes, hash: `sha256:${sha256}`, rows: registros });
    }
  });

  test('/health, /api/ingesta/health and /api/ingesta answer', async () => {
    expect(await gateway.request('GET', '/health')).toMatchObject({ status: 200, body: { status: 'healthy', engine: { ok: true }, s3: { ok: true } } });
    const health = await gateway.request('GET', '/api/ingesta/health');
    expect(health).toMatchObject({
      status: 200,
      body: { status: 'healthy', databases: { postgresql: { status: 'healthy', source: { server: 'PostgreSQL' } } } },
    });
    const pipelines = await gateway.request('GET', '/api/ingesta');
    expect(pipelines.body).toMatchObject({ pipelines: [{ name: 'postgresql', database: 'postgresql', datasets: ['productos', 'ofertas_completo'] }] });
  });

  test('two POSTs within one second are two runs with different keys', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => gateway.post('postgresql', '{"datasets":["productos"]}')));
    const urls = answers.map(({ body }) => (body as unknown as SeedAnswer).result['productos']?.url);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(urls).size).toBe(4);
    expect(new Set(answers.map(({ body }) => body['run'])).size).toBe(4);
  });

  test('nothing of ours is left but data, decisions and ended runs', async () => {
    await nothingLeft(gateway.installation, bucket);
  });
});
