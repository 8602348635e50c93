import { createHash, createHmac } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { COMPRESSIONS } from '@esclusa/contract';
import type { Dialect } from '../../jobs/kit/src/csv/rules.ts';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import type { Dataset } from '../../jobs/postgresql/src/dataset.ts';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { fieldsOf } from '../support/load.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { expectLoads, spellAlike } from './holds.ts';

const TEXTS = [
  '',
  ' ',
  'a',
  'a;b',
  'a,b',
  'a|b',
  'a\tb',
  '"',
  'dos\nlíneas',
  'con\rretorno',
  'NULL',
  '\\N',
  '\\.',
  'ñ',
  '💊',
  '=1+1',
  '-x',
  '@a',
  "'",
  '\ufeffx',
  null,
];
const DIALECTS: Partial<Dialect>[] = [
  { delimiter: ';' },
  { delimiter: '\t' },
  { delimiter: '|', nullToken: '\\N' },
  { quoteAll: true },
  { quoteAll: true, nullToken: 'NULL', delimiter: ';' },
  { nullToken: '∅' },
  { nullToken: 'NULL' },
  { bom: true },
  { bom: true, delimiter: ';', quoteAll: true, nullToken: '\\N' },
];
const SECRET = 'un secreto de prueba';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (text: string): string => createHmac('sha256', SECRET).update(text).digest('hex');

describe('files in other dialects, masks and samples', () => {
  let server: PostgresServer;
  let target: pg.Client;
  let session: SourceSession<Dataset>;

  beforeAll(async () => {
    server = await PostgresServer.start(
      'create database destino',
      'create table todo (id int primary key, texto text, importe numeric(12,2), alta date, activo boolean)',
    );
    const client = await server.connect();
    for (const [id, text] of TEXTS.entries()) {
      const odd = id % 2 === 1;
      await client.query('insert into todo values ($1, $2, $3, $4, $5)', [id, text, odd ? null : `-${id}.50`, odd ? '2025-02-28' : null, odd ? true : null]);
    }
    await client.query('create table muchas as select n as id, repeat(chr(97 + n % 26), n % 40) as texto from generate_series(1, 20000) n');
    await client.query("create table una (v text); insert into una values ('a'), (null), (''), ('NULL'), (null)");
    await client.query(`create table personas (id int primary key, dni text, correo text, tarjeta bigint, nombre text, "contraseña" text)`);
    await client.query(
      `insert into personas values (1, '12345678Z', 'ana@ejemplo.es', 4111111111111111, 'Ana', 'x'), (2, null, '', null, null, null), (3, '12345678Z', 'a"b', 1, 'Bea', 'y')`,
    );
    await client.end();
    target = await server.connect('destino');
    await spellAlike(target);
    session = await connectJob(postgresql, server.settings);
  });

  afterAll(async () => {
    await session?.close();
    await target?.end();
    await server?.stop();
  });

  test.each(DIALECTS)('%j holds the same values, and every reader loads them by the manifest', async (csv) => {
    for (const table of ['todo', 'una']) {
      const plain = await extractHere(session, table, {});
      const other = await extractHere(session, table, { csv });
      const { delimiter = ',', nullToken = '', bom = false } = csv;
      expect(readCsv(other.text, { delimiter, nullToken, bom })).toEqual(readCsv(plain.text));
      expect(other.text.startsWith('\ufeff')).toBe(bom);
      expect(other.resource.lossy).toBe(0);
      expect(other.resource).toMatchObject({ dialect: { delimiter }, schema: { missingValues: [nullToken] } });
      await target.query(`drop table if exists "${table}"`);
      await expectLoads(other, target);
    }
  });

  test.each(COMPRESSIONS.flatMap((compression) => [{ compression }, { compression, csv: DIALECTS.at(-1) }]))(
    '%j: the compressed file holds the same text, and every reader loads it by the manifest',
    async ({ compression, csv }) => {
      for (const table of ['todo', 'una', 'muchas']) {
        const plain = await extractHere(session, table, { csv });
        const packed = await extractHere(session, table, { csv, compression });
        expect(packed.text).toBe(plain.text);
        const { size: bytes } = await stat(packed.files[0] ?? '');
        expect(packed.resource).toMatchObject({ compression: { gzip: 'gz', zstd: 'zst' }[compression], bytes, uncompressedBytes: plain.resource['bytes'] });
        await target.query(`drop table if exists "${table}"`);
        await expectLoads(packed, target);
      }
    },
  );

  test.each([{}, { csv: DIALECTS.at(-1) }, { compression: 'gzip' as const }, { compression: 'zstd' as const, csv: DIALECTS.at(-1) }])(
    '%j: several files hold the same rows, and every reader loads them by the manifest',
    async ({ csv, compression }) => {
      for (const [table, bytes] of Object.entries({ todo: 200, una: 4, muchas: 100_000 })) {
        const one = await extractHere(session, table, { csv, compression });
        const parts = await extractHere(session, table, { csv, compression, splitMiB: bytes / 1024 / 1024 });
        expect(parts.text).toBe(one.text);
        expect({ ...parts.resource.schema, rows: parts.resource.rows }).toEqual({ ...one.resource.schema, rows: one.resource.rows });
        if (compression === undefined) expect(parts.files.length).toBeGreaterThan(1);
        await target.query(`drop table if exists "${table}"`);
        await expectLoads(parts, target);
      }
    },
  );

  test.each(COMPRESSIONS)('%s goes with masks, and a strict run refuses what it refuses', async (compression) => {
    const mask = { dni: 'hash', tarjeta: 'partial' } as const;
    const masked = await extractHere(session, 'personas', { mask, compression });
    expect(masked.text).toBe((await extractHere(session, 'personas', { mask })).text);
    await target.query('drop table if exists personas');
    await expectLoads(masked, target);
    await target.query('drop table personas');
    await expect(extractHere(session, 'todo', { compression, csv: { guardFormulas: true }, strict: true })).rejects.toMatchObject({ code: 'VALUE_LOSSY' });
  });

  test('quotes are around every value but NULL where it is asked', async () => {
    const { text } = await extractHere(session, 'una', { csv: { quoteAll: true } });
    expect(text).toBe('"v"\n"a"\n\n""\n"NULL"\n\n');
  });

  test('formulas have an apostrophe, are counted, and a strict run refuses them', async () => {
    await target.query('drop table if exists todo');
    const guarded = await extractHere(session, 'todo', { csv: { guardFormulas: true } });
    expect(guarded.text).toContain("'=1+1");
    expect(fieldsOf(guarded.resource).map((field) => (field['counts'] as { lossy: number }).lossy)).toEqual([0, 3, 0, 0, 0]);
    expect(guarded.resource['losses']).toEqual(['texto: begins like a formula and has an apostrophe before it in the file']);
    await expectLoads(guarded, target);
    await expect(extractHere(session, 'todo', { csv: { guardFormulas: true }, strict: true })).rejects.toMatchObject({
      code: 'VALUE_LOSSY',
      details: { column: 'texto', row: 16, key: { id: '15' } },
    });
  });

  test('masks hide values in the file, in the schema and from the plan on; NULL stays NULL', async () => {
    const mask = { dni: 'hash', correo: 'hmac', tarjeta: 'partial', nombre: 'redact', contraseña: 'hash' } as const;
    const extracted = await extractHere(session, 'personas', { mask }, { MASK_SECRET: SECRET });
    expect(readCsv(extracted.text).records).toEqual([
      ['1', sha256('12345678Z'), hmac('ana@ejemplo.es'), '****1111', '***', sha256('x')],
      ['2', null, hmac(''), null, null, null],
      ['3', sha256('12345678Z'), hmac('a"b'), '****', '***', sha256('y')],
    ]);
    expect(fieldsOf(extracted.resource).map(({ name, type, sourceType, mask: worn }) => [name, type, sourceType, worn])).toEqual([
      ['id', 'integer', 'integer', undefined],
      ['dni', 'string', 'text', 'hash'],
      ['correo', 'string', 'text', 'hmac'],
      ['tarjeta', 'string', 'bigint', 'partial'],
      ['nombre', 'string', 'text', 'redact'],
      ['contraseña', 'string', 'text', 'hash'],
    ]);
    expect(extracted.resource.omittedColumns).toEqual([]);
    await expectLoads(extracted, target);
  });

  test('a mask without its secret, or of a column that is not there, reads nothing', async () => {
    await expect(extractHere(session, 'personas', { mask: { dni: 'hmac' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { field: 'MASK_SECRET' },
    });
    await expect(extractHere(session, 'personas', { mask: { dn: 'hash' } })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND', details: { column: 'dn' } });
    await expect(extractHere(session, 'personas', { columns: ['id'], mask: { dni: 'hash' } })).rejects.toMatchObject({ code: 'COLUMN_NOT_FOUND' });
  });

  test.each([
    ['a table', {}],
    ['a condition', { table: 'muchas', where: 'id > 0 or id is null' }],
    ['a query', { query: 'select * from muchas' }],
  ])('a sample of %s is about its share of the rows, and the manifest says so', async (_what, dataset) => {
    const { resource } = await extractHere(session, 'muchas', { ...dataset, sample: 10 });
    expect(resource.rows).toBeGreaterThan(1_500);
    expect(resource.rows).toBeLessThan(2_500);
    expect(resource['sample']).toBe(10);
    expect((await extractHere(session, 'muchas', { ...dataset, sample: 10, limit: 7 })).resource).toMatchObject({ rows: 7, limit: 7 });
    expect((await extractHere(session, 'muchas', { ...dataset, sample: 100 })).resource.rows).toBe(20_000);
  });
});
