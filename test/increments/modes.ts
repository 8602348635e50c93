import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Resource } from '@esclusa/contract';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Dataset } from '../../jobs/mysql/src/dataset.ts';
import { mysql } from '../../jobs/mysql/src/job.ts';
import { quoteName, textLiteral } from '../../jobs/mysql/src/sql.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { MysqlServer } from '../support/mysql-server.ts';
import { readerOf } from './steps.ts';

/** Texts that end a literal somewhere, or are another one: quotes, backslashes, comments, NUL, letters whose last byte is a backslash in Shift JIS or GBK. */
const NASTY = [
  '',
  'C:\\x',
  'a',
  'C:\\y',
  "Z'x\\",
  "'",
  '\\',
  "\\'",
  "'; drop table aparte; -- ",
  '" or ""="',
  '`',
  'a\0b',
  '%_',
  '${1}',
  '?',
  '/*',
  '-- ',
  '#',
];
const EASTERN = [...NASTY, '表', '能\\', "ソ' or 1=1 -- ", '誠'];
const ALL = [...EASTERN, '😀', 'ñandú', "😀'\\", '\ufeff', '\u2028', 'x'.repeat(199)];
const COLUMNS: readonly [type: string, values: readonly string[]][] = [
  ['varchar(200)', ALL],
  ['varchar(200) collate utf8mb4_bin', ALL],
  ['char(200)', NASTY.filter((value) => !value.endsWith(' '))],
  ['varchar(200) character set latin1', [...NASTY, 'ñ']],
  ['varchar(200) character set utf8mb3', EASTERN],
  ['varchar(200) character set sjis', EASTERN.filter((value) => value !== '誠' && !value.includes('\\'))],
  ['varchar(200) character set gbk', EASTERN.filter((value) => value !== '')],
  ['varchar(200) character set ucs2', EASTERN],
];
const MODES = [
  '',
  'NO_BACKSLASH_ESCAPES',
  'ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
  'ANSI',
  'TRADITIONAL',
  'PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE,IGNORE_SPACE',
  'PAD_CHAR_TO_FULL_LENGTH',
];
const OF_MARIADB = ['ORACLE', 'MSSQL', 'DB2', 'MAXDB', 'EMPTY_STRING_IS_NULL', 'ORACLE,EMPTY_STRING_IS_NULL,NO_BACKSLASH_ESCAPES'];
/** The state that read another table's value on a server of this mode (fault F8 of the attack). */
const ATTACK = "' and extractvalue(1,concat(0x7e,(select s from aparte limit 1))) then 1 else 2 end as char) using utf8mb4) as upper from n0 -- ";

/** Holds the job's literals to every mode of a server of this kind. */
export function literalsInModes(kind: 'mysql' | 'mariadb'): void {
  describe.each(kind === 'mysql' ? MODES : [...MODES, ...OF_MARIADB])(`literals on ${kind}, sql_mode "%s"`, (mode) => {
    let server: MysqlServer;
    let connection: Connection;
    const settings = () => {
      const { host, port, user, password } = server.fromHere;
      return { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DATABASE: 'mod\'o"s\\' };
    };
    const read = readerOf(mysql, settings);
    /** Reads a table by one session once for each state, which costs no connection each. */
    const readEach = async (table: string, dataset: Dataset, states: readonly unknown[]): Promise<{ ids: number[]; resource: Resource }[]> => {
      const session = await connectJob(mysql, settings());
      try {
        const all: { ids: number[]; resource: Resource }[] = [];
        for (const value of states) {
          const { text, resource } = await extractHere(session, table, dataset, {}, { cursor: 'k', value });
          const ids = readCsv(text).records.map(([id]) => Number(id));
          all.push({ ids: ids.toSorted((a, b) => a - b), resource });
        }
        return all;
      } finally {
        await session.close();
      }
    };

    beforeAll(async () => {
      server = await (servers[kind] ??= MysqlServer.start(kind));
      connection = await server.connect();
      await connection.query(`set sql_mode = ''`);
      await connection.query(`set names utf8mb4; drop database if exists ${quoteName('mod\'o"s\\')}; create database ${quoteName('mod\'o"s\\')}`);
      await connection.query(`use ${quoteName('mod\'o"s\\')}; create table aparte (s text); insert into aparte values ('OTHER-TABLE-VALUE')`);
      await connection.query(`set global sql_mode = '${mode}'`);
    }, 180_000);

    afterAll(async () => {
      await connection?.query('set global sql_mode = default');
      await connection?.end();
    });

    /** A new table with these values as its cursor. */
    const fill = async (name: string, type: string, values: readonly string[], more = ''): Promise<void> => {
      await connection.query(`drop table if exists ${quoteName(name)}`);
      await connection.query(`create table ${quoteName(name)} (id int, k ${type}${more})`);
      await connection.query(`insert into ${quoteName(name)} values ${values.map((value, id) => `(${id}, ${textLiteral(value)})`).join()}`);
    };
    /** Rows by the server itself, told the value in another way: as the parameter of a prepared statement. */
    const ids = async (name: string, condition: string, ...values: string[]): Promise<number[]> => {
      const [rows] = await connection.execute<RowDataPacket[]>(`select id from ${quoteName(name)} where ${condition} order by id`, values);
      return rows.map(({ id }) => Number(id));
    };

    test.each(COLUMNS.map(([type, values], n) => ({ type, values, name: `n${n}` })))('a text cursor, $type', async ({ type, values, name }) => {
      await fill(name, type, values, ', key (k)');
      const first = await read(name, { incremental: { cursor: 'k' } });
      expect(first.ids).toEqual(values.map((_, id) => id));
      const { value: newest } = first.resource.state as { value: string };
      expect(values).toContain(newest);
      const increments = await readEach(name, { incremental: { cursor: 'k' } }, values);
      for (const [n, value] of values.entries()) {
        expect({ value, ids: increments[n]?.ids }).toEqual({ value, ids: await ids(name, 'k >= ? and k <= ?', value, newest) });
        expect(increments[n]?.resource.state).toEqual({ cursor: 'k', value: expect.any(String) });
      }
    });

    test('what a stranger sets as the state is data', async () => {
      await fill('n0', 'varchar(200)', ['a', 'zz']);
      const attacks = [ATTACK, `${ATTACK}\\`, `\\${ATTACK}`, `\\'${ATTACK}`, `"${ATTACK}`, `表${ATTACK}`, `\0${ATTACK}`];
      for (const [n, { ids: found, resource }] of (await readEach('n0', { incremental: { cursor: 'k' } }, attacks)).entries()) {
        expect(found).toEqual(await ids('n0', 'k >= ?', attacks[n] ?? ''));
        expect(JSON.stringify(resource)).not.toContain('OTHER-TABLE-VALUE');
      }
      for (const value of [5, null, ['a'], { $gt: '' }, '\ud800', 'x'.repeat(10_001)]) {
        await expect(read('n0', { incremental: { cursor: 'k' } }, { cursor: 'k', value })).rejects.toMatchObject({ code: 'STATE_INVALID' });
      }
    });

    test.each([
      ['datetime(6)', '2025-01-02 03:04:05.000001'],
      ['timestamp null', '2025-01-02 03:04:05'],
      ['date', '2025-01-02'],
      ['decimal(20,3)', '1.500'],
      ['bigint unsigned', '18446744073709551615'],
      ['bit(8)', '255'],
      ['bit(64)', '3544952156018063160'],
    ])('a cursor of %s', async (type, value) => {
      await connection.query(
        `drop table if exists f; create table f (id int, k ${type}, key (k)); insert into f values (1, null), (2, ${/^\d+$/.test(value) ? value : `'${value}'`})`,
      );
      const first = await read('f', { incremental: { cursor: 'k' } });
      expect(first).toMatchObject({ ids: [1, 2], resource: { state: { value } } });
      expect((await read('f', { incremental: { cursor: 'k' } }, first.resource.state)).ids).toEqual([2]);
      for (const bad of [`${value}'`, `${value} or 1=1`, `${value}\\`, "' or ''='"]) {
        await expect(read('f', { incremental: { cursor: 'k' } }, { cursor: 'k', value: bad })).rejects.toMatchObject({ code: 'STATE_INVALID' });
      }
    });

    test('tables, views and columns of any name', async () => {
      for (const name of ["l'eau", 'x\\', "\\'", '"', '`', "'; drop table aparte; --x"]) {
        await connection.query(`create table ${quoteName(name)} (${quoteName(name)} int primary key); insert into ${quoteName(name)} values (1)`);
        await connection.query(`create view ${quoteName(`v${name}`)} as select * from ${quoteName(name)}`);
        const session = await connectJob(mysql, settings());
        for (const table of [name, `v${name}`]) {
          const { resource } = await extractHere(session, 'd', { table, incremental: { cursor: name } });
          expect(resource).toMatchObject({ rows: 1, schema: { fields: [{ name }] }, state: { cursor: name, value: '1' } });
          expect(Object.values(await session.list()).map((dataset) => dataset.table)).toContain(table);
        }
        await session.close();
      }
    });

    test('what a character set can not be converted to is counted', async () => {
      await connection.query(
        "drop table if exists perdido; create table perdido (t varchar(20) character set tis620); insert into perdido values (x'fc'), ('?'), ('a')",
      );
      const session = await connectJob(mysql, settings());
      expect((await extractHere(session, 'perdido', {})).resource.lossy).toBe(1);
      await session.close();
    });

    test("a dataset's own SQL means what it means at its server", async () => {
      await fill('n0', 'varchar(200)', ['C:\\x', 'C:x']);
      const own = mode.includes('NO_BACKSLASH_ESCAPES') ? 'C:\\x' : 'C:\\\\x';
      expect((await read('n0', { where: `k = '${own}'`, incremental: { cursor: 'k' } })).ids).toEqual([0]);
      expect((await read('n0', { query: `select id, k from n0 where k = '${own}'`, incremental: { cursor: 'k' } })).ids).toEqual([0]);
    });
  });

  describe(`literals on ${kind}`, () => {
    test.each(['utf8mb4', 'latin1', 'utf8mb3', 'sjis'])('the index of a text of %s is used as for a literal in quotes', async (charset) => {
      const server = await (servers[kind] ??= MysqlServer.start(kind));
      await server.using(undefined, async (connection) => {
        await connection.query(
          `create database if not exists planes; use planes; drop table if exists p; create table p (id int, k varchar(50) character set ${charset}, key (k))`,
        );
        await connection.query(
          `insert into p values ${Array.from({ length: 2_000 }, (_, n) => `(${n}, 'v${String(n).padStart(5, '0')}')`).join()}; analyze table p`,
        );
        const planned = async (literal: string): Promise<unknown> => {
          const format = kind === 'mysql' ? 'explain format=traditional' : 'explain';
          const [rows] = await connection.query<RowDataPacket[]>(`${format} select * from p where k >= ${literal} and k <= ${literal}`);
          return rows.map(({ type, key, rows: count }) => [type, key, String(count)]);
        };
        expect(await planned(textLiteral('v01000'))).toEqual(await planned("'v01000'"));
        expect(await planned(textLiteral('v01000'))).toEqual([['range', 'k', '1']]);
      });
    });

    afterAll(async () => {
      await (await servers[kind])?.stop();
    });
  });
}

/** Servers by kind: each serves all modes, one after the other. */
const servers: Partial<Record<'mysql' | 'mariadb', Promise<MysqlServer>>> = {};
