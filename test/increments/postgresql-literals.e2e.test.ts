import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { readerOf } from './steps.ts';

const NASTY = [
  '',
  'C:\\x',
  "Z'x\\",
  "'",
  '\\',
  "\\'",
  "'; drop table aparte; -- ",
  '" or ""="',
  '%_',
  '$1',
  '$$',
  '$a$',
  'E\\',
  '/*',
  '-- ',
  '表',
  '能\\',
  '😀',
  '\ufeff',
  '\u2028',
];
/** Functions and operators that are closer to what a careless query asks for than the server's own, in a schema that everybody may write to. */
const SHADOWS = [
  "create function hostil() returns bool language plpgsql as $$ begin raise exception 'HIJACKED'; end $$",
  'create function public.pg_relation_size(oid) returns bigint language sql as $$ select public.hostil()::int::bigint $$',
  'create function public.has_table_privilege(oid, varchar) returns bool language sql as $$ select public.hostil() $$',
  'create function public.to_regclass(varchar) returns regclass language sql as $$ select public.hostil()::text::regclass $$',
  'create function public.isfinite(varchar) returns bool language sql as $$ select public.hostil() $$',
  'create function public.format_type(oid, bigint) returns text language sql as $$ select public.hostil()::text $$',
  'create function public.to_char(timestamptz, varchar) returns text language sql as $$ select public.hostil()::text $$',
  'create function public.set_config(varchar, varchar, bool) returns text language sql as $$ select public.hostil()::text $$',
  'create function public.current_setting(varchar) returns text language sql as $$ select public.hostil()::text $$',
  "create function public.mayor(varchar, varchar) returns varchar language plpgsql as $$ begin raise exception 'HIJACKED'; end $$",
  'create aggregate public.max(varchar) (sfunc = public.mayor, stype = varchar)',
  'create function public.compara(varchar, varchar) returns bool language sql as $$ select public.hostil() $$',
  ...['<=', '>=', '>', '~', '!~'].map((sign) => `create operator public.${sign} (leftarg = varchar, rightarg = varchar, function = public.compara)`),
  'create function public.compara(name, name) returns bool language sql as $$ select public.hostil() $$',
  ...['~', '!~'].map((sign) => `create operator public.${sign} (leftarg = name, rightarg = name, function = public.compara)`),
  'create function public.resta(numeric, int) returns numeric language sql as $$ select public.hostil()::int::numeric $$',
  'create operator public.- (leftarg = numeric, rightarg = int, function = public.resta)',
];

describe('literals of PostgreSQL', () => {
  let server: PostgresServer;
  let client: pg.Client;
  const read = readerOf(postgresql, () => server.settings);

  beforeAll(async () => {
    server = await PostgresServer.start('create extension if not exists citext').catch(() => PostgresServer.start());
    client = await server.connect();
    await client.query("create table aparte (s text); insert into aparte values ('OTHER-TABLE-VALUE')");
  });

  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  describe.each(['on', 'off'])('standard_conforming_strings %s', (conforming) => {
    beforeAll(() => client.query(`alter database postgres set standard_conforming_strings = ${conforming}`));
    beforeAll(() => client.query(`alter database postgres set backslash_quote = ${conforming === 'on' ? 'off' : 'on'}`));
    beforeAll(() => client.query(`alter database postgres set client_encoding = ${conforming === 'on' ? "'SJIS'" : "'GBK'"}`));

    test.each(['text', 'varchar(200)', 'char(200)', 'text collate "C"'])('a text cursor, %s', async (type) => {
      await client.query(`drop table if exists t; create table t (id int, k ${type})`);
      for (const [id, value] of NASTY.entries()) await client.query('insert into t values ($1, $2)', [id, value]);
      const first = await read('t', { incremental: { cursor: 'k' } });
      expect(first.ids).toEqual(NASTY.map((_, id) => id));
      const { value: newest } = first.resource.state as { value: string };
      for (const value of NASTY) {
        const { rows } = await client.query<{ id: number }>('select id from t where k >= $1 and k <= $2 order by id', [value, newest]);
        expect({ value, ids: (await read('t', { incremental: { cursor: 'k' } }, { cursor: 'k', value })).ids }).toEqual({
          value,
          ids: rows.map(({ id }) => id),
        });
      }
    });

    test('what a stranger sets as the state is data, or refused', async () => {
      await client.query("drop table if exists t; create table t (id int, k text); insert into t values (1, 'zz')");
      for (const value of ["' or (select s from aparte) is null) --", "\\' or 1=1 --", '$$ or 1=1 --']) {
        expect((await read('t', { incremental: { cursor: 'k' } }, { cursor: 'k', value })).resource.rows).toBeLessThan(2);
      }
      for (const value of [5, null, {}, 'a\0b', '\udc00x', "x\0' or 1=1"]) {
        await expect(read('t', { incremental: { cursor: 'k' } }, { cursor: 'k', value })).rejects.toMatchObject({ code: 'STATE_INVALID' });
      }
    });

    test('tables and columns of any name', async () => {
      for (const name of ["l'eau", 'x\\', "\\'", '"', "'; drop table aparte; -- ", 'a"; select 1; --']) {
        const quoted = pg.escapeIdentifier(name);
        await client.query(`drop table if exists ${quoted}; create table ${quoted} (${quoted} int primary key); insert into ${quoted} values (1)`);
        const session = await connectJob(postgresql, server.settings);
        const { resource } = await extractHere(session, 'd', { table: name, incremental: { cursor: name } });
        expect(resource).toMatchObject({ rows: 1, state: { cursor: name, value: '1' } });
        await session.close();
      }
    });
  });

  test('functions and operators that others put into the search path are not called', async () => {
    for (const sql of SHADOWS) await client.query(sql);
    await client.query("create table sombra (id int, k varchar(20), n numeric(10,2)); insert into sombra values (1, 'a', 1), (2, 'b', 2), (3, 'c', 5)");
    // It is they whom the server calls, by a query that does not say whose it means.
    await expect(client.query('select max(k) from sombra')).rejects.toThrow('HIJACKED');
    await expect(client.query("select * from sombra where k >= 'a'")).rejects.toThrow('HIJACKED');
    const session = await connectJob(postgresql, server.settings);
    expect(Object.keys(await session.list())).toContain('sombra');
    await session.close();
    expect((await read('sombra', { incremental: { cursor: 'k' } }, { cursor: 'k', value: 'b' })).ids).toEqual([2, 3]);
    expect((await read('sombra', { incremental: { cursor: 'n', lag: 2 } })).ids).toEqual([1, 2]);
    expect((await read('sombra', { readers: 2 })).ids).toEqual([1, 2, 3]);
    expect((await read('consulta', { query: 'select id, n from sombra', incremental: { cursor: 'n' } })).ids).toEqual([1, 2, 3]);
  });

  test('a type with operators of its own keeps them', async () => {
    await client.query(
      "drop type if exists talla cascade; create type talla as enum ('S', 'M', 'L'); create table tallas (id int, k talla); insert into tallas values (1, 'S'), (2, 'M'), (3, 'L')",
    );
    expect((await read('tallas', { incremental: { cursor: 'k' } }, { cursor: 'k', value: 'M' })).ids).toEqual([2, 3]);
  });
});
