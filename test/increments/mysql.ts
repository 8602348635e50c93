import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from 'mysql2/promise';
import { mysql } from '../../jobs/mysql/src/job.ts';
import { MysqlServer } from '../support/mysql-server.ts';
import { type IncrementSource, readerOf, tryCounting, tryIncrements, tryLag } from './steps.ts';

/** Holds the job to its increments, on a server of this kind. */
export function mysqlIncrements(kind: 'mysql' | 'mariadb'): void {
  describe(`increments of ${kind}`, () => {
    let server: MysqlServer;
    let connection: Connection;
    const read = readerOf(mysql, () => {
      const { host, port, user, password } = server.fromHere;
      return { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DATABASE: 'incrementos' };
    });
    const source: IncrementSource = {
      create: async (table, type, { key = false } = {}) =>
        void (await connection.query(`create table ${table} (id int, c ${type} ${key ? 'primary key' : ''})`)),
      insert: async (table, rows) => {
        for (const [id, value] of rows) await connection.query(`insert into ${table} values (${id}, ${value ?? 'null'})`);
      },
      remove: async (table, id) => void (await connection.query(`delete from ${table} where id = ${id}`)),
      read: (table, incremental, state) => read(table, { incremental }, state),
      ago: (_type, seconds) => `utc_timestamp(6) - interval ${seconds} second`,
    };

    beforeAll(async () => {
      server = await MysqlServer.start(kind);
      await server.using(undefined, (connection) => connection.query("create database incrementos character set utf8mb4; set global time_zone = '+05:30'"));
      connection = await server.connect('incrementos');
      await connection.query("set time_zone = '+00:00', sql_mode = ''");
    }, 120_000);

    afterAll(async () => {
      await connection?.end();
      await server?.stop();
    });

    tryIncrements(
      () => source,
      [
        ['int', ['-5', '7', '2147483647'], '7'],
        ['bigint unsigned', ['1', '9007199254740993', '18446744073709551615'], '9007199254740993'],
        ['decimal(20,3)', ['0.5', '1.5', '1.501'], '1.500'],
        ['date', ["'0000-00-00'", "'2025-01-01'", "'2025-01-02'"], '2025-01-01'],
        ['datetime(6)', ["'2025-01-01'", "'2025-01-01 00:00:00.000001'", "'2025-01-01 00:00:01'"], '2025-01-01 00:00:00.000001'],
        ['datetime', ["'0000-00-00 00:00:00'", "'2025-01-01 10:00:00'", "'2025-01-01 10:00:01'"], '2025-01-01 10:00:00'],
        ['timestamp null', ["'2025-01-01 00:00:00'", "'2025-03-30 02:30:00'", "'2025-03-30 02:30:01'"], '2025-03-30 02:30:00'],
        ['varchar(20)', ["'01J''A'", "'01J''B'", "'01J''Z'"], "01J'B"],
        ['varchar(20) character set latin1', ["'a'", "'ñ'", "'z'"], 'ñ'],
      ],
    );
    tryLag(
      () => source,
      [
        ['datetime(6)', 3_600],
        ['timestamp(6) null', 3_600],
      ],
    );
    tryCounting(() => source, 'bigint');

    test('a day is left for later until it is over, and a clock is what somebody’s shows', async () => {
      await connection.query('create table dias (id int, c date)');
      for (const ago of [0, 1, 2, 3]) await connection.query(`insert into dias values (${ago}, date(utc_timestamp()) - interval ${ago} day)`);
      expect((await read('dias', { incremental: { cursor: 'c', lag: 1 } })).ids).toEqual([1, 2, 3]);
      await connection.query('create table reloj (id int, c datetime(6))');
      for (const ago of [0, 1, 2, 3, 4]) await connection.query(`insert into reloj values (${ago}, utc_timestamp(6) - interval 5 hour - interval ${ago} hour)`);
      expect((await read('reloj', { incremental: { cursor: 'c', lag: 5_400, utcOffset: '-05:00' } })).ids).toEqual([2, 3, 4]);
      expect((await read('reloj', { incremental: { cursor: 'c', lag: 5_400 } })).ids).toEqual([0, 1, 2, 3, 4]);
    });

    test('a condition and a query bound the rows, and the state with them', async () => {
      await connection.query("create table ambos (id int, c int, tipo text); insert into ambos values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'a')");
      expect(await read('ambos', { where: "tipo = 'b' -- sólo b", incremental: { cursor: 'c' } })).toMatchObject({
        ids: [2],
        resource: { state: { value: '20' } },
      });
      const query = 'select id, c + 1 as mas from ambos order by 2 -- al final';
      const first = await read('consulta', { query, incremental: { cursor: 'mas' } });
      expect(first).toMatchObject({ ids: [1, 2, 3], resource: { state: { cursor: 'mas', value: '31' } } });
      await connection.query("insert into ambos values (4, 40, 'a')");
      expect((await read('consulta', { query, incremental: { cursor: 'mas' } }, first.resource.state)).ids).toEqual([3, 4]);
    });
  });
}
