import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import type { Dataset } from '../../jobs/postgresql/src/dataset.ts';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { fieldsOf, loadIntoDuckdb, spelt } from '../support/load.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { expectFormats } from './formats.ts';
import { expectLoads, spellAlike } from './holds.ts';
import { TEXTS } from './texts.ts';

/** Every type with its edges, as literals that the server itself reads; each table has NULL beside them. */
const CORPUS: readonly [type: string, field: string, duckdb: string, values: readonly string[]][] = [
  ['boolean', 'boolean', 'BOOLEAN', ['t', 'f']],
  ['smallint', 'integer', 'SMALLINT', ['-32768', '0', '32767']],
  ['integer', 'integer', 'INTEGER', ['-2147483648', '2147483647']],
  ['bigint', 'integer', 'BIGINT', ['-9223372036854775808', '9007199254740993', '9223372036854775807']],
  ['oid', 'integer', 'UINTEGER', ['4294967295']],
  ['numeric(12,2)', 'number', 'DECIMAL(12,2)', ['0', '-0.01', '9999999999.99', '1.10']],
  ['numeric(38,10)', 'number', 'DECIMAL(38,10)', ['9999999999999999999999999999.9999999999']],
  ['numeric', 'number', 'VARCHAR', ['0.1', '1e-30', '123456789012345678901234567890.123456789012345678901234567890', '1000', '100.00']],
  ['numeric(6,2)', 'number', 'VARCHAR', ['NaN', '1.5']],
  ['numeric', 'number', 'VARCHAR', ['NaN', 'Infinity', '-Infinity']],
  ['real', 'number', 'FLOAT', ['0.1', '-0', '3.4028235e38', '1.17549435e-38', 'NaN', 'Infinity', '-Infinity', '16777216']],
  ['double precision', 'number', 'DOUBLE', ['0.1', '-0', '1.7976931348623157e308', '5e-324', '0.30000000000000004', 'NaN', 'Infinity', '-Infinity', '1e21']],
  ['money', 'string', 'VARCHAR', ['-92233720368547758.08', '1234.5']],
  ['text', 'string', 'VARCHAR', TEXTS],
  ['varchar(5)', 'string', 'VARCHAR', ['', 'ñandú', '  x  ']],
  ['character(4)', 'string', 'VARCHAR', ['ab', '']],
  ['"char"', 'string', 'VARCHAR', ['a', '']],
  ['name', 'string', 'VARCHAR', ['un nombre']],
  ['bytea', 'string', 'VARCHAR', ['', '\\x00ff0a22', '\\x2c5c']],
  ['date', 'date', 'DATE', ['0001-01-01', '2025-02-28', '1582-10-10', '9999-12-31']],
  ['date', 'date', 'VARCHAR', ['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31']],
  ['timestamp', 'datetime', 'TIMESTAMP', ['0001-01-01 00:00:00', '2025-01-02 15:30:45.123456', '2025-03-30 02:30:00', '9999-12-31 23:59:59.999999']],
  ['timestamp', 'datetime', 'VARCHAR', ['infinity', '-infinity', '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999']],
  ['timestamptz', 'datetime', 'TIMESTAMP WITH TIME ZONE', ['2025-01-02 15:30:45.1+05:30', '1970-01-01 00:00:00+00', '2025-03-30 02:30:00+01']],
  ['timestamptz', 'datetime', 'VARCHAR', ['infinity', '4713-01-01 00:00:00+00 BC']],
  ['timestamp(0)', 'datetime', 'TIMESTAMP', ['2025-01-02 15:30:45.6']],
  ['time', 'time', 'TIME', ['00:00:00', '15:30:45.123456', '23:59:59.999999']],
  ['time', 'time', 'VARCHAR', ['24:00:00']],
  ['timetz', 'string', 'VARCHAR', ['15:30:45.1+05:30', '24:00:00-15:59']],
  ['interval', 'duration', 'VARCHAR', ['0', '1 year 2 months 3 days 04:05:06.789', '-1 mons +3 days -04:05:06', '178000000 years', '-838:59:59.999999']],
  ['uuid', 'string', 'UUID', ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  ['json', 'any', 'VARCHAR', ['{"b":1, "a" : [1.10, null]}', '"\\u0000"', 'null', '12345678901234567890.10', '{"a":1,"a":2}']],
  ['jsonb', 'any', 'VARCHAR', ['{"b": 1, "a": [1.10, null]}', '"ñ\\n"', '1e400']],
  ['xml', 'string', 'VARCHAR', ['<a b="1">x</a>']],
  ['inet', 'string', 'VARCHAR', ['192.168.0.1', '10.0.0.0/8', '::ffff:1.2.3.4', '2001:db8::1/64']],
  ['cidr', 'string', 'VARCHAR', ['10.0.0.0/8', '2001:db8::/32']],
  ['macaddr', 'string', 'VARCHAR', ['08:00:2b:01:02:03']],
  ['macaddr8', 'string', 'VARCHAR', ['08:00:2b:01:02:03:04:05']],
  ['bit(3)', 'string', 'VARCHAR', ['101']],
  ['bit varying', 'string', 'VARCHAR', ['', '0000000001']],
  ['point', 'string', 'VARCHAR', ['(1.5,-0)', '(Infinity,NaN)']],
  ['line', 'string', 'VARCHAR', ['{1,2,3}']],
  ['lseg', 'string', 'VARCHAR', ['[(0,0),(1,1)]']],
  ['box', 'string', 'VARCHAR', ['(1,1),(0,0)']],
  ['path', 'string', 'VARCHAR', ['((0,0),(1,1))', '[(0,0),(1,1)]']],
  ['polygon', 'string', 'VARCHAR', ['((0,0),(1,1),(1,0))']],
  ['circle', 'string', 'VARCHAR', ['<(0.1,0),5>']],
  ['tsvector', 'string', 'VARCHAR', ["'gato':1A 'perro':2", '']],
  ['tsquery', 'string', 'VARCHAR', ["'gato' & !'perro'"]],
  ['int4range', 'string', 'VARCHAR', ['empty', '[1,10)', '(,)', '[5,)']],
  ['numrange', 'string', 'VARCHAR', ['[1.10,2]', 'empty']],
  ['daterange', 'string', 'VARCHAR', ['[2025-01-01,infinity)']],
  ['tstzrange', 'string', 'VARCHAR', ['["2025-01-01 00:00:00+00",)']],
  ['int4multirange', 'string', 'VARCHAR', ['{[1,3),[5,7)}', '{}']],
  ['integer[]', 'string', 'VARCHAR', ['{}', '{1,NULL,3}', '[0:1]={1,2}', '{{1,2},{3,4}}']],
  ['text[]', 'string', 'VARCHAR', ['{"",NULL,"NULL","a,b","c\\"d"}']],
  ['timestamptz[]', 'string', 'VARCHAR', ['{"2025-01-02 15:30:45+00",infinity}']],
  ['pg_lsn', 'string', 'VARCHAR', ['0/0', 'FFFFFFFF/FFFFFFFF']],
  ['estado', 'string', 'VARCHAR', ['nuevo', 'con "coma",']],
  ['estado[]', 'string', 'VARCHAR', ['{nuevo,"con \\"coma\\","}']],
  ['precio', 'number', 'VARCHAR', ['0.10', '5']],
  ['par', 'string', 'VARCHAR', ['(1,)', '(,"a,""b")']],
  ['par[]', 'string', 'VARCHAR', ['{"(1,x)"}']],
];

/** All values of a table in one text, and their type. */
async function whole(client: pg.Client, table: string): Promise<{ type: string; values: string } | undefined> {
  const { rows } = await client.query<{ type: string; values: string }>(
    `select (select format_type(atttypid, atttypmod) from pg_attribute where attrelid = '${table}'::regclass and attname = 'v') as type,
       (select string_agg(coalesce(${spelt('v')}, '<null>'), '|' order by id) from ${table}) as values`,
  );
  return rows[0];
}

describe('the corpus of PostgreSQL', () => {
  let server: PostgresServer;
  let client: pg.Client;
  let target: pg.Client;
  let session: SourceSession<Dataset>;

  beforeAll(async () => {
    server = await PostgresServer.start(
      'create database destino',
      `create type estado as enum ('nuevo', 'con "coma",')`,
      'create domain precio as numeric check (value >= 0)',
      'create type par as (a int, b text)',
      // Hostile defaults: what is pinned must hold against them.
      "alter database postgres set timezone = 'Asia/Kolkata'",
      "alter database postgres set datestyle = 'German'",
      "alter database postgres set intervalstyle = 'sql_standard'",
      "alter database postgres set bytea_output = 'escape'",
      'alter database postgres set extra_float_digits = -5',
    );
    client = await server.connect();
    await spellAlike(client);
    for (const [index, [type, , , values]] of CORPUS.entries()) {
      await client.query(`create table t${index} (id int primary key, v ${type})`);
      for (const [id, value] of [...values, null].entries()) await client.query(`insert into t${index} values ($1, $2::text::${type})`, [id, value]);
    }
    target = await server.connect('destino');
    await spellAlike(target);
    session = await connectJob(postgresql, server.settings);
  });

  afterAll(async () => {
    await session?.close();
    await Promise.all([client?.end(), target?.end()]);
    await server?.stop();
  });

  test.each(CORPUS.map(([type, field, duckdb], index) => [type, index, field, duckdb] as const))('%s (%d)', async (_type, index, field, duckdb) => {
    const extracted = await extractHere(session, `t${index}`, {});
    const { resource, text, files } = extracted;
    expect(fieldsOf(resource)[1]).toMatchObject({ name: 'v', type: field });
    // The server's own output, asked for in another way.
    const { rows } = await client.query<(string | null)[]>({ text: `select id::text, ${spelt('v')} from t${index} order by t${index}.id`, rowMode: 'array' });
    const { records } = readCsv(text);
    expect(records.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual(rows);
    await expectLoads(extracted, target);
    expect((await loadIntoDuckdb(resource, files)).types[1]).toBe(duckdb);
    expect(resource.lossy).toBe(0);
    await expectFormats(session, {}, extracted);
  });

  test('what is loaded equals the source by the server’s own comparison', async () => {
    const differing: string[] = [];
    for (const [index, [type]] of CORPUS.entries()) {
      if (/^(estado|par|precio)/.test(type)) continue;
      const [source, loaded] = await Promise.all([client, target].map((database) => whole(database, `t${index}`)));
      if (source?.values !== loaded?.values) differing.push(type);
      if (source?.type !== loaded?.type && type !== '"char"') differing.push(`${type} became ${loaded?.type}`);
    }
    expect(differing).toEqual([]);
  });

  test('selection: columns that are left out, a condition, a limit', async () => {
    const { text } = await extractHere(session, 't1', { exclude: ['v'], where: 'v <> 0 -- a comment\n or v is null', limit: 2 });
    expect(text.split('\n')).toHaveLength(4);
    expect(text.startsWith('id\n')).toBe(true);
  });

  test('the query of a dataset is a plain SELECT: nothing is cast', async () => {
    const { resource } = await extractHere(session, 't2', {});
    expect(resource['query']).toBe('select "id", "v" from "t2"');
  });

  test('names that differ in case alone, or hold line ends', async () => {
    const extracted = await extractHere(session, 'nombres', { query: `select * from (values (1, 2, 3, 4), (5, 6, 7, 8)) as v ("a", "A", "A_2", "b\r\n\rc")` });
    expect(extracted.text).toBe('a,A,A_2,"b\r\n\rc"\n1,2,3,4\n5,6,7,8\n');
    await expectLoads(extracted, target);
    // PostgreSQL has room for them.
    const { fields } = await target.query('select * from nombres');
    expect(fields.map(({ name }) => name)).toEqual(['a', 'A', 'A_2', 'b\r\n\rc']);
  });

  test('one column: a NULL is a blank line, and every reader takes it', async () => {
    await client.query("create table una (v text); insert into una values ('a'), (null), (''), (null)");
    const fresh = await connectJob(postgresql, server.settings);
    const extracted = await extractHere(fresh, 'una', {});
    await fresh.close();
    expect(extracted.text).toBe('v\na\n\n""\n\n');
    await expectLoads(extracted, target);
  });
});
