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
import { expectLoads, spellAlike } from './holds.ts';

/**
 * How the server is asked for the values in another way, and what of a CSV's field is compared with it: a text by the hex digits of its
 * UTF-8; bytes by theirs; bits by their number; floats by the binary protocol; a point in time by its seconds since 1970.
 */
const READINGS = {
  text: { asked: 'hex(convert(v using utf8mb4))', made: (own: string) => Buffer.from(own, 'hex').toString('utf8'), csv: (field: string) => field },
  bytes: { asked: 'hex(v)', made: (own: string) => Buffer.from(own, 'hex').toString('base64'), csv: (field: string) => field },
  bits: { asked: 'cast(v + 0 as char)', made: (own: string) => own, csv: (field: string) => field },
  float: { asked: 'v', made: Number, csv: (field: string) => Math.fround(Number(field)) },
  double: { asked: 'v', made: Number, csv: Number },
  instant: { asked: 'cast(unix_timestamp(v) as char)', made: Number, csv: (field: string) => Date.parse(`${field.slice(0, 23).replace(' ', 'T')}Z`) / 1000 },
} as const;

interface Entry {
  readonly type: string;
  readonly field: string;
  readonly duckdb: string;
  /** As literals of SQL. */
  readonly values: readonly string[];
  /** How many of them no other system has room for. */
  readonly special?: number;
  readonly reading?: keyof typeof READINGS;
  readonly only?: 'mysql' | 'mariadb';
}

const text = (...values: string[]): string[] => values.map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
const TEXTS = text(
  '',
  ' ',
  'NULL',
  '\\N',
  '\\.',
  'a,b',
  'dice "hola"',
  '"',
  'una\nlínea',
  'otra\r\nlínea\r',
  '\ttab',
  'Zoë 😀 汉字',
  "l'eau",
  '=1+1',
  '\ufeffx',
);

/** Every type with its edges; each table has NULL beside them. */
const CORPUS: readonly Entry[] = [
  { type: 'tinyint', field: 'integer', duckdb: 'TINYINT', values: ['-128', '127'] },
  { type: 'tinyint(1)', field: 'integer', duckdb: 'TINYINT', values: ['0', '1', '-1'] },
  { type: 'tinyint unsigned', field: 'integer', duckdb: 'UTINYINT', values: ['255'] },
  { type: 'smallint', field: 'integer', duckdb: 'SMALLINT', values: ['-32768', '32767'] },
  { type: 'smallint unsigned', field: 'integer', duckdb: 'USMALLINT', values: ['65535'] },
  { type: 'mediumint unsigned', field: 'integer', duckdb: 'UINTEGER', values: ['16777215'] },
  { type: 'mediumint', field: 'integer', duckdb: 'INTEGER', values: ['-8388608', '8388607'] },
  { type: 'int', field: 'integer', duckdb: 'INTEGER', values: ['-2147483648', '2147483647'] },
  { type: 'int unsigned', field: 'integer', duckdb: 'UINTEGER', values: ['4294967295'] },
  { type: 'int(6) zerofill', field: 'integer', duckdb: 'UINTEGER', values: ['42'] },
  { type: 'bigint', field: 'integer', duckdb: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807', '9007199254740993'] },
  { type: 'bigint unsigned', field: 'integer', duckdb: 'UBIGINT', values: ['0', '9223372036854775808', '18446744073709551615'] },
  { type: 'bigint(20) zerofill', field: 'integer', duckdb: 'UBIGINT', values: ['42'] },
  { type: 'decimal(10,2)', field: 'number', duckdb: 'DECIMAL(10,2)', values: ['-99999999.99', '0', '1.10'] },
  { type: 'decimal(10,2) unsigned zerofill', field: 'number', duckdb: 'DECIMAL(10,2)', values: ['1.1'] },
  { type: 'decimal(5,5)', field: 'number', duckdb: 'DECIMAL(5,5)', values: ['0.00001', '-0.99999'] },
  { type: 'decimal(20)', field: 'number', duckdb: 'DECIMAL(20,0)', values: ['-99999999999999999999'] },
  { type: 'decimal(38,0)', field: 'number', duckdb: 'DECIMAL(38,0)', values: ['99999999999999999999999999999999999999'] },
  {
    type: 'decimal(65,30)',
    field: 'number',
    duckdb: 'VARCHAR',
    values: ['12345678901234567890123456789012345.123456789012345678901234567891', '-0.000000000000000000000000000001'],
  },
  {
    type: 'float',
    field: 'number',
    duckdb: 'FLOAT',
    values: ['0.1', '16777216', '16777217', '3.4028234e38', '1.17549435e-38', '-1.5', '-0e0', '0.33333334'],
    reading: 'float',
  },
  { type: 'float(7,3)', field: 'number', duckdb: 'FLOAT', values: ['1234.567', '-0.001'], reading: 'float' },
  { type: 'float unsigned', field: 'number', duckdb: 'FLOAT', values: ['1e-7', '123456.79'], reading: 'float' },
  {
    type: 'double',
    field: 'number',
    duckdb: 'DOUBLE',
    values: ['0.1', '1.7976931348623157e308', '2.2250738585072014e-308', '0.30000000000000004', '-1e21', '-0e0'],
    reading: 'double',
  },
  { type: 'double(12,3)', field: 'number', duckdb: 'DOUBLE', values: ['123456789.123', '-0.001'] },
  { type: 'year', field: 'integer', duckdb: 'USMALLINT', values: ['0', '1901', '2155'] },
  { type: 'bit(1)', field: 'integer', duckdb: 'UBIGINT', values: ["b'1'", "b'0'"], reading: 'bits' },
  { type: 'bit(10)', field: 'integer', duckdb: 'UBIGINT', values: ["b'1000000001'"], reading: 'bits' },
  { type: 'bit(64)', field: 'integer', duckdb: 'UBIGINT', values: ["x'ffffffffffffffff'"], reading: 'bits' },
  { type: 'date', field: 'date', duckdb: 'DATE', values: text('1000-01-01', '1582-10-10', '9999-12-31') },
  { type: 'date', field: 'date', duckdb: 'VARCHAR', values: text('0000-00-00', '2025-00-10', '2025-10-00', '2025-10-10'), special: 3 },
  {
    type: 'datetime(6)',
    field: 'datetime',
    duckdb: 'TIMESTAMP',
    values: text('1000-01-01 00:00:00', '2025-01-02 15:30:45.123456', '9999-12-31 23:59:59.999999'),
  },
  { type: 'datetime', field: 'datetime', duckdb: 'VARCHAR', values: text('0000-00-00 00:00:00', '2025-01-02 15:30:45'), special: 1 },
  {
    type: 'timestamp(6) null',
    field: 'datetime',
    duckdb: 'TIMESTAMP',
    values: text('2025-01-02 15:30:45.123', '2025-03-30 02:30:00', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999'),
    reading: 'instant',
  },
  { type: 'timestamp null', field: 'datetime', duckdb: 'VARCHAR', values: text('0000-00-00 00:00:00', '2025-01-02 15:30:45'), special: 1 },
  { type: 'time(6)', field: 'time', duckdb: 'TIME', values: text('00:00:00', '23:59:59.999999') },
  { type: 'time', field: 'time', duckdb: 'TIME', values: text('00:00:00', '23:59:59') },
  { type: 'time(6)', field: 'time', duckdb: 'VARCHAR', values: text('-838:59:59', '838:59:58.999999', '24:00:00', '-00:00:01', '23:59:59'), special: 4 },
  { type: 'char(5)', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñandú', 'ab') },
  { type: 'varchar(40)', field: 'string', duckdb: 'VARCHAR', values: TEXTS },
  { type: 'longtext', field: 'string', duckdb: 'VARCHAR', values: TEXTS },
  { type: 'tinytext', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñ') },
  { type: 'mediumtext', field: 'string', duckdb: 'VARCHAR', values: ["repeat('汉,', 100000)"] },
  { type: 'varchar(20)', field: 'string', duckdb: 'VARCHAR', values: ["'a\\0b'"] },
  { type: 'varchar(20) character set latin1', field: 'string', duckdb: 'VARCHAR', values: text('Ñandú €', 'ÿ') },
  { type: 'varchar(20) character set latin1 collate latin1_bin', field: 'string', duckdb: 'VARCHAR', values: ["x'8081ff'", ...text('“cp1252”')] },
  { type: 'varchar(20) character set cp1251', field: 'string', duckdb: 'VARCHAR', values: text('Привет') },
  { type: 'varchar(20) character set ucs2', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñ汉') },
  { type: 'varchar(20) character set utf32', field: 'string', duckdb: 'VARCHAR', values: text('😀') },
  { type: 'varchar(20) character set gbk', field: 'string', duckdb: 'VARCHAR', values: text('汉字') },
  { type: 'varchar(20) character set gb18030', field: 'string', duckdb: 'VARCHAR', values: text('汉字😀'), only: 'mysql' },
  { type: 'varchar(20) character set utf16', field: 'string', duckdb: 'VARCHAR', values: text('汉😀') },
  { type: 'varchar(20) character set sjis', field: 'string', duckdb: 'VARCHAR', values: text('テスト') },
  { type: "enum('a','b,c','')", field: 'string', duckdb: 'VARCHAR', values: text('a', 'b,c', '') },
  { type: "enum('ñ','x') character set latin1", field: 'string', duckdb: 'VARCHAR', values: text('ñ') },
  { type: "set('x','y')", field: 'string', duckdb: 'VARCHAR', values: text('', 'x', 'x,y') },
  {
    type: 'json',
    field: 'any',
    duckdb: 'VARCHAR',
    values: text('{"a": [1, "ñ"], "n": 12345678901234567890}', 'null', '"x"', '[1.5, 1e300, -0.0, "\\u0000"]', '"línea\\n"'),
    only: 'mysql',
  },
  { type: 'json', field: 'string', duckdb: 'VARCHAR', values: text('{"b":1, "a" : [1.10]}'), only: 'mariadb' },
  { type: 'binary(3)', field: 'string', duckdb: 'VARCHAR', values: ["x'00ff0a'"], reading: 'bytes' },
  { type: 'varbinary(10)', field: 'string', duckdb: 'VARCHAR', values: ["x''", "x'2c22'"], reading: 'bytes' },
  { type: 'blob', field: 'string', duckdb: 'VARCHAR', values: ["x'000102fffe'"], reading: 'bytes' },
  { type: 'tinyblob', field: 'string', duckdb: 'VARCHAR', values: ["x''", "x'00'"], reading: 'bytes' },
  { type: 'mediumblob', field: 'string', duckdb: 'VARCHAR', values: ["repeat(x'ff', 70000)"], reading: 'bytes' },
  { type: 'longblob', field: 'string', duckdb: 'VARCHAR', values: ["x'0a'"], reading: 'bytes' },
  { type: 'varchar(5) character set binary', field: 'string', duckdb: 'VARCHAR', values: ["x'ff'"], reading: 'bytes' },
  { type: 'geometry', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0))')"], reading: 'bytes' },
  { type: 'linestring', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('LINESTRING(0 0,1 1)')"], reading: 'bytes' },
  { type: 'multipoint', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('MULTIPOINT(0 0,1 1)')"], reading: 'bytes' },
  { type: 'geometrycollection', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('GEOMETRYCOLLECTION(POINT(1 1))')"], reading: 'bytes' },
  { type: 'point', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('POINT(1 2)')"], reading: 'bytes' },
  { type: 'uuid', field: 'string', duckdb: 'UUID', values: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), only: 'mariadb' },
  { type: 'inet6', field: 'string', duckdb: 'VARCHAR', values: text('2001:db8::1'), only: 'mariadb' },
  { type: 'inet4', field: 'string', duckdb: 'VARCHAR', values: text('10.0.0.1'), only: 'mariadb' },
];

const byId = (csv: string): (string | null)[][] => readCsv(csv).records.toSorted((a, b) => Number(a[0]) - Number(b[0]));

/** Holds the job to the corpus, on a server of this kind. */
export function mysqlCorpus(kind: 'mysql' | 'mariadb'): void {
  const corpus = CORPUS.filter(({ only }) => only === undefined || only === kind);

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
        await connection.query("set sql_mode = '', time_zone = '+00:00'");
        for (const [index, { type, values }] of corpus.entries()) {
          const rows = [...values, 'null'].map((value, id) => `(${id}, ${value})`);
          await connection.query(`create table t${index} (id int primary key, v ${type}); insert into t${index} values ${rows.join(', ')}`);
        }
      });
      await server.using('corpus', async (connection) => {
        // No server lets bytes that are no UTF-8 into a text. But a MERGE table reads those of its members by its own definition.
        await connection.query("create table crudo (id int not null, v varbinary(40)) engine = MyISAM; insert into crudo values (1, 'bien'), (2, x'61ff62')");
        await connection.query('create table roto (id int not null, v varchar(10) character set utf8mb4) engine = MERGE union = (crudo)');
        await connection.query("create table sin (v varchar(5) character set cp1251); insert into sin values (x'98')");
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
      const { resource, text: csv, file } = extracted;
      expect(fieldsOf(resource)[1]).toMatchObject({ name: 'v', type: field, counts: { special, nulls: 1, lossy: 0 } });
      const { csv: compared } = READINGS[reading];
      const records = byId(csv);
      expect(records.map(([id, value]) => [id, typeof value === 'string' ? compared(value) : null])).toEqual(await ownValues(index, READINGS[reading]));
      await expectLoads(extracted, target);
      expect((await loadIntoDuckdb(resource, file)).types[1]).toBe(duckdb);
      expect(resource.lossy).toBe(0);
    });

    test.each(cases)('%s (%d), as a query', async (type, index, { field, duckdb, special = 0 }) => {
      const table = await extractHere(session, `t${index}`, {});
      const extracted = await extractHere(session, `q${index}`, { query: `select id, v from t${index}` });
      expect(byId(extracted.text)).toEqual(byId(table.text));
      expect(fieldsOf(extracted.resource)[1]).toMatchObject({ type: field, counts: { special, lossy: 0 } });
      await expectLoads(extracted, target);
      // The protocol doesn't tell a UUID from a text.
      expect((await loadIntoDuckdb(extracted.resource, extracted.file)).types[1]).toBe(type === 'uuid' ? 'VARCHAR' : duckdb);
    });

    test('a FLOAT of a query keeps all its digits', async () => {
      const index = corpus.findIndex(({ type }) => type === 'float');
      const { text: csv } = await extractHere(session, 'consulta', { query: `select v * 1 as doble, v from t${index} where id in (0, 1)` });
      expect(csv).toBe('doble,v\n0.10000000149011612,0.1\n16777216,16777216\n');
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

    test('a character that the server can’t convert is its own "?", which nobody tells', async () => {
      const { text: csv, resource } = await extractHere(session, 'sin', {});
      expect([csv, resource.lossy]).toEqual(['v\n?\n', 0]);
    });

    test('the snapshot has its position in the log, where the server keeps one', () => {
      expect(session.snapshot).toMatchObject({ consistency: 'snapshot', takenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) });
    });
  });
}
