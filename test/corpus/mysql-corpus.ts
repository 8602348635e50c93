import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RowDataPacket } from 'mysql2';
import type pg from 'pg';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import type { Dataset } from '../../jobs/mysql/src/dataset.ts';
import { mysql } from '../../jobs/mysql/src/job.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { fieldsOf, loadIntoDuckdb } from '../support/load.ts';
import { MysqlServer } from '../support/mysql-server.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { expectFormats } from './formats.ts';
import { expectLoads, spellAlike } from './holds.ts';
import { LOSSY_CHARSETS } from './mysql-charsets.ts';
import { CORPUS, READINGS } from './mysql-entries.ts';

const byId = (csv: string): (string | null)[][] => readCsv(csv).records.toSorted((a, b) => Number(a[0]) - Number(b[0]));

/** Holds the job to the corpus, on a server of this kind. */
export function mysqlCorpus(kind: 'mysql' | 'mariadb'): void {
  const here = ({ only }: { readonly only?: string }): boolean => only === undefined || only === kind;
  const corpus = CORPUS.filter(here);
  const charsets = LOSSY_CHARSETS.filter(here);

  describe(`the corpus of ${kind}`, () => {
    let server: MysqlServer;
    let postgres: PostgresServer;
    let target: pg.Client;
    let session: SourceSession<Dataset>;

    function connectHere(): Promise<SourceSession<Dataset>> {
      const { host, port, user, password } = server.fromHere;
      return connectJob(mysql, { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DATABASE: 'corpus' });
    }

    beforeAll(async () => {
      [server, postgres] = await Promise.all([MysqlServer.start(kind), PostgresServer.start()]);
      await server.using(undefined, async (connection) => {
        // A hostile default: what is pinned must hold against it.
        await connection.query("set global time_zone = '+05:30'");
        await connection.query('create database corpus character set utf8mb4');
      });
      await server.using('corpus', async (connection) => {
        // Nothing is refused that a server can hold.
        await connection.query("set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
        for (const [index, { type, values }] of corpus.entries()) {
          const rows = [...values, 'null'].map((value, id) => `(${id}, ${value})`);
          await connection.query(`create table t${index} (id int primary key, v ${type}); insert into t${index} values ${rows.join(', ')}`);
        }
      });
      await server.using('corpus', async (connection) => {
        // No server lets bytes that are no UTF-8 into a text. But a MERGE table reads those of its members by its own definition.
        await connection.query("create table crudo (id int not null, v varbinary(40)) engine = MyISAM; insert into crudo values (1, 'bien'), (2, x'61ff62')");
        await connection.query('create table roto (id int not null, v varchar(10) character set utf8mb4) engine = MERGE union = (crudo)');
        await connection.query('create table crudo3 (id int not null, v varbinary(30), w varchar(1) character set latin1) engine = MyISAM');
        await connection.query("insert into crudo3 values (1, 'bien', 'ñ'), (2, x'61ff62', 'ñ'), (3, x'f09f9880', 'ñ')");
        await connection.query(
          'create table roto3 (id int not null, v varchar(10) character set utf8mb3, w varchar(1) character set latin1) engine = MERGE union = (crudo3)',
        );
      });
      await server.using('corpus', async (connection) => {
        await connection.query("set sql_mode = ''");
        // Both servers leave what is stored as it is, and show two decimals of it.
        await connection.query('create table estrecho (id int primary key, d double, f float)');
        await connection.query('insert into estrecho values (1, 1.23456789, 1.23456789), (2, 1e15, 3)');
        await connection.query('alter table estrecho modify d double(10,2), modify f float(10,2)');
        for (const { charset, whole, lost } of charsets) {
          await connection.query(`create table c_${charset} (id int primary key, v varchar(20) character set ${charset})`);
          await connection.query(`insert into c_${charset} values (1, ?), (2, 'a?b'), (3, x'${lost}'), (4, x'3f${lost}'), (5, null), (6, '')`, [whole]);
        }
        await connection.query("create table c_ascii (id int primary key, v varchar(20) character set ascii); insert into c_ascii values (1, 'a?')");
        // MySQL refuses these, or leaves them out where it is not strict.
        if (kind === 'mariadb') await connection.query("insert into c_ascii values (2, x'c3b1'), (3, x'41ff42')");
        await connection.query(
          "create table c_ucs2 (id int primary key, v varchar(20) character set ucs2); insert into c_ucs2 values (1, 'ñ'), (2, x'0061d800')",
        );
        await connection.query(`create table mezcla (id int primary key, u varchar(9) character set utf8mb4, l varchar(9) character set latin1, c varchar(9) character set cp1251,
          a varchar(9) character set ascii, e enum('ж', 'x') character set cp1251)`);
        await connection.query("insert into mezcla values (1, 'ñ', 'ñ', 'ж', 'a', 'ж'), (2, '?', '?', x'98', '?', 'x')");
      });
      target = await postgres.connect();
      await spellAlike(target);
      session = await connectHere();
    }, 180_000);

    afterAll(async () => {
      await session?.close();
      await target?.end();
      await Promise.all([server?.stop(), postgres?.stop()]);
    });

    /** The server's own values, asked for in another way, by id. */
    async function ownValues(index: number, { asked, made }: (typeof READINGS)[keyof typeof READINGS]): Promise<unknown[][]> {
      return server.using('corpus', async (connection) => {
        await connection.query("set time_zone = '+00:00'");
        const [rows] = await connection.execute<RowDataPacket[]>(`select id, ${asked} as own from t${index} order by id`);
        return rows.map((row) => [String(row['id']), row['own'] === null ? null : made(row['own'] as string)]);
      });
    }

    const cases = corpus.map((entry, index) => [entry.type, index, entry] as const);

    test.each(cases)('%s (%d)', async (_type, index, { field, duckdb, special = 0, reading = 'text' }) => {
      const extracted = await extractHere(session, `t${index}`, {});
      const { resource, text: csv, files } = extracted;
      expect(fieldsOf(resource)[1]).toMatchObject({ name: 'v', type: field, counts: { special, nulls: 1, lossy: 0 } });
      const { csv: compared } = READINGS[reading];
      const records = byId(csv);
      expect(records.map(([id, value]) => [id, typeof value === 'string' ? compared(value) : null])).toEqual(await ownValues(index, READINGS[reading]));
      await expectLoads(extracted, target);
      expect((await loadIntoDuckdb(resource, files)).types[1]).toBe(duckdb);
      expect(resource.lossy).toBe(0);
      await expectFormats(session, {}, extracted);
    });

    test.each(cases)('%s (%d), as a query', async (type, index, { field, duckdb, special = 0 }) => {
      const table = await extractHere(session, `t${index}`, {});
      const extracted = await extractHere(session, `q${index}`, { query: `select id, v from t${index}` });
      expect(byId(extracted.text)).toEqual(byId(table.text));
      expect(fieldsOf(extracted.resource)[1]).toMatchObject({ type: field, counts: { special, lossy: 0 } });
      await expectLoads(extracted, target);
      // The protocol doesn't tell a UUID from a text.
      expect((await loadIntoDuckdb(extracted.resource, extracted.files)).types[1]).toBe(type === 'uuid' ? 'VARCHAR' : duckdb);
    });

    test('a FLOAT of a query keeps all its digits', async () => {
      const index = corpus.findIndex(({ type }) => type === 'float');
      const { text: csv } = await extractHere(session, 'consulta', { query: `select v * 1 as doble, v from t${index} where id in (0, 1)` });
      expect(csv).toBe('doble,v\n0.10000000149011612,0.1\n16777216,16777216\n');
    });

    test('a DOUBLE(M,D) or FLOAT(M,D) that holds more than it shows comes whole', async () => {
      const stored = 'id,d,f\n1,1.23456789,1.2345679\n2,1e15,3\n';
      const extracted = await extractHere(session, 'estrecho', {});
      expect(extracted.text).toBe(stored);
      await expectLoads(extracted, target);
      expect((await extractHere(session, 'estrecho_q', { query: 'select * from estrecho' })).text).toBe(stored);
    });

    test('names that a reader has no room for', async () => {
      const names = ['', 'column_1', 'ctid', 'con\r\nsalto', '汉'.repeat(22), '汉'.repeat(23), "l'eau"];
      const list = (row: number): string => names.map((name, index) => `${row * 10 + index} as \`${name}\``).join(', ');
      const extracted = await extractHere(session, 'nombres', { query: `select ${list(1)} union all select ${list(2)}` });
      expect(readCsv(extracted.text)).toEqual({ header: names, records: [1, 2].map((row) => names.map((_, index) => String(row * 10 + index))) });
      await expectLoads(extracted, target);
    });

    describe('bytes that are no UTF-8', () => {
      // Its own session, whose snapshot says that MyISAM keeps none.
      let partial: SourceSession<Dataset>;

      beforeAll(async () => {
        partial = await connectHere();
      });

      afterAll(() => partial?.close());

      test('are U+FFFD and counted', async () => {
        const extracted = await extractHere(partial, 'roto', {});
        expect(byId(extracted.text)).toEqual([
          ['1', 'bien'],
          ['2', 'a\ufffdb'],
        ]);
        expect(extracted.resource.lossy).toBe(1);
        expect(fieldsOf(extracted.resource)[1]).toMatchObject({ counts: { lossy: 1 } });
        await expectLoads(extracted, target);
      });

      test('are so in utf8mb3 too, where four bytes that are UTF-8 come whole', async () => {
        const { text: csv, resource } = await extractHere(partial, 'roto3', { columns: ['id', 'v'] });
        expect([csv, resource.lossy]).toEqual(['id,v\n1,bien\n2,a\ufffdb\n3,😀\n', 1]);
        // Beside a text that must be converted it is converted too, and nobody tells: no server lets such bytes in but by its files.
        const beside = await extractHere(partial, 'roto3', {});
        expect([beside.text, beside.resource.lossy]).toEqual(['id,v,w\n1,bien,ñ\n2,a?b,ñ\n3,????,ñ\n', 0]);
      });

      test('are refused in strict mode', async () => {
        await expect(extractHere(partial, 'roto', { strict: true })).rejects.toMatchObject({
          code: 'VALUE_LOSSY',
          details: { dataset: 'roto', row: 2, column: 'v' },
        });
      });
    });

    // The end of such a result comes in one read with its only row: the session must not be left waiting.
    test('a row that fills a chunk, time and again, and another query behind each', async () => {
      for (let turn = 0; turn < 20; turn++) {
        const { resource } = await extractHere(session, `lleno${turn}`, { query: `select repeat('x', ${60_000 + 2_000 * turn}) as v` });
        expect(resource.rows).toBe(1);
      }
    });

    describe('characters that the server can’t convert', () => {
      test.each(charsets.map((entry) => [entry.charset, entry] as const))('of %s are counted', async (charset, { whole, becomes = '?' }) => {
        const extracted = await extractHere(session, `c_${charset}`, {});
        expect(byId(extracted.text).map(([, value]) => value)).toEqual([whole, 'a?b', becomes, `?${becomes}`, null, '']);
        expect(extracted.resource).toMatchObject({ lossy: 2, losses: [expect.stringMatching(`^v: holds what the server can't convert from .*${charset}`)] });
        expect(fieldsOf(extracted.resource)[1]).toMatchObject({ counts: { lossy: 2, emptyStrings: 1, nulls: 1 } });
        await expectLoads(extracted, target);
        const asked = await extractHere(session, `c_${charset}_q`, { query: `select v, id from c_${charset}` });
        expect(asked.resource.lossy).toBe(2);
      });

      test.each(charsets.map(({ charset }) => [charset]))('of %s are refused in strict mode', async (charset) => {
        const refused = { code: 'VALUE_LOSSY', details: { row: 3, key: { id: '3' }, column: 'v' } };
        await expect(extractHere(session, `c_${charset}`, { strict: true })).rejects.toMatchObject(refused);
        const whole = await extractHere(session, `c_${charset}`, { strict: true, where: 'id not in (3, 4)' });
        expect(whole.resource).toMatchObject({ rows: 4, lossy: 0 });
        const query = extractHere(session, 'q', { strict: true, query: `select 'ñ' as n, v from c_${charset} where id = 4` });
        await expect(query).rejects.toMatchObject({ code: 'VALUE_LOSSY', details: { row: 1, column: 'v' } });
      });

      test('of one column among others are its own', async () => {
        const extracted = await extractHere(session, 'mezcla', {});
        expect(byId(extracted.text)).toEqual([
          ['1', 'ñ', 'ñ', 'ж', 'a', 'ж'],
          ['2', '?', '?', '?', '?', 'x'],
        ]);
        expect(fieldsOf(extracted.resource).map(({ name, counts }) => [name, (counts as Record<string, number>)['lossy']])).toEqual(
          ['id', 'u', 'l', 'c', 'a', 'e'].map((name) => [name, name === 'c' ? 1 : 0]),
        );
        await expectLoads(extracted, target);
        const few = await extractHere(session, 'mezcla', { columns: ['e', 'c', 'id'] });
        expect(few.text).toBe('e,c,id\nж,ж,1\nx,?,2\n');
        expect(few.resource.lossy).toBe(1);
      });

      test('are none in ascii: bytes beyond it, which MariaDB takes, are told by whether they are UTF-8', async () => {
        const { text: csv, resource } = await extractHere(session, 'c_ascii', {});
        expect([csv, resource.lossy]).toEqual(kind === 'mysql' ? ['id,v\n1,a?\n', 0] : ['id,v\n1,a?\n2,ñ\n3,A\ufffdB\n', 1]);
        const strict = extractHere(session, 'c_ascii', { strict: true, where: 'id <> 2' });
        if (kind === 'mysql') expect((await strict).resource.rows).toBe(1);
        else await expect(strict).rejects.toMatchObject({ code: 'VALUE_LOSSY', details: { row: 2, key: { id: '3' }, column: 'v' } });
      });

      test('are half surrogates of ucs2, which come as no UTF-8', async () => {
        const { text: csv, resource } = await extractHere(session, 'c_ucs2', {});
        expect([csv, resource.lossy]).toEqual(['id,v\n1,ñ\n2,a\ufffd\ufffd\ufffd\n', 1]);
      });
    });

    test('the SELECT of tables in UTF-8, latin1 and their like asks for no more than the columns, and their query is as it was', async () => {
      const types = ['varchar(40)', 'varchar(20) character set latin1', 'varchar(20) character set ucs2', 'int'];
      for (const index of types.map((each) => corpus.findIndex(({ type }) => type === each))) {
        const { resource } = await extractHere(session, `t${index}`, {});
        expect(resource['query']).toBe(`select \`id\`, \`v\` from \`corpus\`.\`t${index}\``);
        const query = `select * from t${index} order by id desc`;
        expect((await extractHere(session, 'q', { query })).resource['query']).toBe(query);
      }
      expect((await extractHere(session, 'c_ascii', { where: 'id = 1' })).resource).toMatchObject({
        query: 'select `id`, `v` from `corpus`.`c_ascii` where (\nid = 1\n)',
        lossy: 0,
      });
    });

    test('the snapshot has its position in the log, where the server keeps one', () => {
      expect(session.snapshot).toMatchObject({ consistency: 'snapshot', takenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) });
    });
  });
}
