import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import type { RowDataPacket } from 'mysql2';
import { type ByHand, type Ended, published, requestFor, runByHand } from './support/by-hand.ts';
import { readCsv } from './support/csv.ts';
import { MysqlServer } from './support/mysql-server.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { newBucket, unique } from './support/stack.ts';

describe.each(['mysql', 'mariadb'] as const)('the MySQL job, run by docker run, on %s', (kind) => {
  let server: MysqlServer;
  let bucket: TestBucket;

  beforeAll(async () => {
    [server, bucket] = await Promise.all([MysqlServer.start(kind), newBucket(kind)]);
  }, 180_000);

  afterAll(async () => {
    await server.stop();
  });

  /** A new database, filled by SQL, and the job's settings for it. */
  async function database(name: string, ...sql: string[]): Promise<Record<string, string>> {
    await server.using(undefined, (connection) => connection.query(`create database ${name} character set utf8mb4`));
    await server.using(name, async (connection) => {
      for (const statement of sql) await connection.query(statement);
    });
    return { ...server.environment, MYSQL_DATABASE: name };
  }

  const start = (settings: Record<string, string>, datasets?: Record<string, object>): ByHand =>
    runByHand('mysql', bucket.name, { ...settings, ...(datasets === undefined ? {} : { ESCLUSA_REQUEST: requestFor(bucket.name, datasets) }) });
  const manifestOf = async (ended: Ended): Promise<Manifest> => {
    published(ended);
    return JSON.parse(await bucket.text((ended.final as { commitKey: string }).commitKey)) as Manifest;
  };

  test('without a request: every table and view that the user may read, passwords left out', async () => {
    const settings = await database(
      'a_mano',
      'create table usuarios (id int, nombre varchar(50), password varchar(60), clave_producto varchar(10))',
      "insert into usuarios values (1, 'Zoë 😀', 'canary-a1', 'K-1'), (2, null, 'canary-c3', '')",
      'create view vista as select id from usuarios',
      'create table prohibida (id int)',
      'create table rota (id int)',
      'create view rota_vista as select id from rota',
      'drop table rota',
      "create user 'lector'@'%' identified by 'para leer'",
      "grant select on a_mano.usuarios to 'lector'@'%'",
      "grant select on a_mano.vista to 'lector'@'%'",
      "grant select on a_mano.rota_vista to 'lector'@'%'",
      "grant insert on a_mano.prohibida to 'lector'@'%'",
    );
    const ended = await start({ ...settings, MYSQL_USER: 'lector', MYSQL_PASSWORD: 'para leer' }).ended;
    const datasets = published(ended);
    expect(Object.keys(datasets).toSorted()).toEqual(['usuarios', 'vista']);
    expect(datasets['usuarios']?.url).toMatch(new RegExp(`^s3://${bucket.name}/mysql/usuarios_\\d{8}_\\d{6}\\.csv$`));
    expect(await bucket.text(keyOf(datasets['usuarios']?.url ?? ''))).toBe('id,nombre,clave_producto\n1,Zoë 😀,K-1\n2,,""\n');
    expect(resourceOf(await manifestOf(ended), 'usuarios')).toMatchObject({ omittedColumns: ['password'] });
    // What was passed over is said.
    expect(ended.stderr).toMatch(/prohibida.*passed over/);
    expect(ended.stderr).toMatch(/rota_vista.*passed over/);
  });

  test('an empty database is refused: success without a file would mislead', async () => {
    const { status, final } = await start(await database('vacia')).ended;
    expect({ status, final }).toMatchObject({ status: 66, final: { code: 'DATASET_NOT_FOUND' } });
  });

  test("values are the source's own text, whatever the server's defaults", async () => {
    const settings = await database(
      'valores',
      'set @@session.sql_mode = ""',
      `create table v (
         grande bigint unsigned, exacto decimal(65,30), real_ float, doble double, cuando timestamp(6) null, dia date, hora time(6), momento datetime(6), anio year,
         bits bit(10), bytes varbinary(10), blob_ blob, enumerado enum('a','b,c'), conjunto set('x','y'), json_ json, latino varchar(20) character set latin1,
         punto point, relleno char(5), cero int(6) zerofill)`,
      "set time_zone = '-05:00'",
      `insert into v values (18446744073709551615, '12345678901234567890123456789012345.123456789012345678901234567891', 0.1, 1e-300, '2025-01-02 15:30:45.123456', '0000-00-00',
         '-838:59:59.000000', '9999-12-31 23:59:59.999999', 1901, b'1000000001', x'00ff0a', x'', 'b,c', 'x,y', '{"a": [1, "ñ"]}', 'Ñandú', st_geomfromtext('POINT(1 2)'), 'ab', 42)`,
    );
    const ended = await start(settings, { v: {} }).ended;
    const manifest = await manifestOf(ended);
    const { header, records } = readCsv(await bucket.text('out/v.csv'));
    const row = Object.fromEntries(header.map((name, index) => [name, records[0]?.[index]]));
    const { json_, ...rest } = row;
    expect(rest).toEqual({
      grande: '18446744073709551615',
      exacto: '12345678901234567890123456789012345.123456789012345678901234567891',
      real_: '0.1',
      doble: kind === 'mysql' ? '1e-300' : '1e-300',
      cuando: '2025-01-02 20:30:45.123456',
      dia: '0000-00-00',
      hora: '-838:59:59.000000',
      momento: '9999-12-31 23:59:59.999999',
      anio: '1901',
      bits: '513',
      bytes: 'AP8K',
      blob_: '',
      enumerado: 'b,c',
      conjunto: 'x,y',
      latino: 'Ñandú',
      punto: 'AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==',
      relleno: 'ab',
      cero: '000042',
    });
    expect(JSON.parse(json_ ?? '')).toEqual({ a: [1, 'ñ'] });
    expect(resourceOf(manifest, 'v')?.schema?.fields.slice(0, 3)).toEqual([
      expect.objectContaining({ name: 'grande', type: 'integer', sourceType: expect.stringMatching(/^bigint(\(\d+\))? unsigned$/) }),
      expect.objectContaining({ name: 'exacto', type: 'number', sourceType: 'decimal(65,30)' }),
      expect.objectContaining({ name: 'real_', type: 'number', sourceType: 'float' }),
    ]);
  });

  test('a query: its columns have types, a password of it is left out unless it is named, its order is kept', async () => {
    const settings = await database(
      'consultas',
      'create table u (id int unsigned, total decimal(10,2), password varchar(9))',
      "insert into u values (1, 5.50, 'canary'), (2, 7, 'canary')",
    );
    const datasets = {
      todo: { query: 'select id, total, count(*) over () as n, now(3) as ahora from u order by id desc -- fin' },
      sin: { query: 'select * from u' },
      con: { query: 'select * from u', columns: ['password'] },
    };
    const manifest = await manifestOf(await start(settings, datasets).ended);
    expect((await bucket.text('out/todo.csv')).split('\n').map((line) => line.split(',').slice(0, 2).join())).toEqual(['id,total', '2,7.00', '1,5.50', '']);
    expect(resourceOf(manifest, 'todo')?.schema?.fields).toMatchObject([
      { name: 'id', type: 'integer', sourceType: 'int unsigned' },
      { name: 'total', type: 'number', sourceType: 'decimal(10,2)' },
      { name: 'n', type: 'integer', sourceType: 'bigint' },
      { name: 'ahora', type: 'datetime', sourceType: 'datetime(3)' },
    ]);
    expect(await bucket.text('out/sin.csv')).toBe('id,total\n1,5.50\n2,7.00\n');
    expect(resourceOf(manifest, 'sin')?.['omittedColumns']).toEqual(['password']);
    expect(await bucket.text('out/con.csv')).toBe('password\ncanary\ncanary\n');
  });

  test.each([
    ['a query that writes', { query: 'delete from t' }, 64, 'QUERY_INVALID'],
    ['two statements', { query: 'select 1; drop table t' }, 64, 'QUERY_INVALID'],
    ['a syntax error', { query: 'selec 1' }, 64, 'QUERY_INVALID'],
    ['two columns of one name', { query: 'select 1 as a, 2 as a' }, 64, 'QUERY_INVALID'],
    ['a column that is not there', { query: 'select nada from t' }, 66, 'COLUMN_NOT_FOUND'],
    ['a table that is not there, in a query', { query: 'select * from nada' }, 66, 'DATASET_NOT_FOUND'],
    ['a table that is not there', { table: 'nada' }, 66, 'DATASET_NOT_FOUND'],
    ['a file that the server would write', { query: "select 1 into outfile '/tmp/x'" }, 64, 'QUERY_INVALID'],
    ['an unknown field', { tabla: 't' }, 64, 'REQUEST_INVALID'],
  ])('%s ends with its own code and status, and nothing is written', async (_, dataset, status, code) => {
    const settings = { ...server.environment, MYSQL_DATABASE: 'malas' };
    await server.using(undefined, (connection) => connection.query('create database if not exists malas; create table if not exists malas.t (id int)'));
    const ended = await start(settings, { x: dataset }).ended;
    expect({ status: ended.status, final: ended.final }).toMatchObject({ status, final: { type: 'error', code } });
    await server.using('malas', (connection) => connection.query('select * from t'));
    expect(await bucket.uploads()).toEqual([]);
  });

  test('a table whose engine keeps no snapshot is named, read directly, by a query or through a view', async () => {
    const settings = await database(
      'motores',
      'create table sin_transacciones (id int) engine=MyISAM',
      'create table con_transacciones (id int)',
      'create view a_traves as select id from sin_transacciones',
    );
    const consistency = async (dataset: object): Promise<unknown> => {
      const { snapshot } = await manifestOf(await start(settings, { [unique('motor')]: dataset }).ended);
      return [snapshot['consistency'], snapshot['outsideTheSnapshot']];
    };
    expect(await consistency({ table: 'con_transacciones' })).toEqual(['snapshot', undefined]);
    for (const dataset of [{ table: 'sin_transacciones' }, { query: 'select * from sin_transacciones' }, { table: 'a_traves' }]) {
      expect(await consistency(dataset)).toEqual(['partial', ['motores.sin_transacciones']]);
    }
  });

  test("the server's own bounds cut nothing: of writing to us, of rows, of time, of GROUP_CONCAT", async () => {
    const settings = await database(
      'limites',
      'create table t (id int, texto text)',
      `insert into t values ${Array.from({ length: 500 }, (_, n) => `(${n}, repeat('x', 20))`).join()}`,
    );
    const bounds = [
      'net_write_timeout = 1',
      'sql_select_limit = 7',
      'group_concat_max_len = 64',
      kind === 'mysql' ? 'max_execution_time = 1' : 'max_statement_time = 0.001',
    ];
    await server.using(undefined, (connection) => connection.query(bounds.map((bound) => `set global ${bound}`).join('; ')));
    try {
      const datasets = {
        filas: { table: 't' },
        junto: { query: "select group_concat(texto separator '') as todo from t" },
        lenta: { query: 'select id, sleep(0.01) as nada from t limit 100' },
      };
      const manifest = await manifestOf(await start(settings, datasets).ended);
      expect(resourceOf(manifest, 'filas')?.rows).toBe(500);
      expect(resourceOf(manifest, 'lenta')?.rows).toBe(100);
      expect((await bucket.text('out/junto.csv')).length).toBe('todo\n'.length + 10_000 + 1);
    } finally {
      // For SET GLOBAL, DEFAULT is what the server was built with.
      const reset = bounds.map((bound) => `set global ${bound.split(' ')[0]} = default`).join('; ');
      await server.using(undefined, (connection) => connection.query(reset));
    }
  });

  test.each(['disable', 'prefer', 'require', 'verify-full'])('MYSQL_SSLMODE=%s', async (mode) => {
    const name = `tls_${mode.replace('-', '_')}`;
    // Keys of a job by hand have the second and the table's name: two tests within one second must not have the same.
    const settings = await database(name, `create table ${name} (id int)`);
    const hasTls = await server.using(undefined, async (connection) => {
      const [rows] = await connection.query<RowDataPacket[]>("show global variables like 'have_ssl'");
      return kind === 'mysql' || rows[0]?.['Value'] === 'YES';
    });
    const ended = await start({ ...settings, MYSQL_SSLMODE: mode }).ended;
    // The server's certificate is of its own making: nobody vouches for it.
    const expected = mode === 'verify-full' || (mode === 'require' && !hasTls) ? { status: 69, code: 'SOURCE_UNREACHABLE' } : { status: 0, code: undefined };
    expect({ status: ended.status, code: ended.final?.type === 'error' ? ended.final.code : undefined }).toEqual(expected);
  });

  test('a table that is locked by a migration: tried again later, with a sentence, instead of waiting for a year', async () => {
    const settings = await database('bloqueada', 'create table t (id int)');
    await server.using('bloqueada', async (connection) => {
      await connection.query('lock tables t write');
      const { child, ended } = start(settings, { bloqueada: { table: 't' } });
      // The lock is let go once the job is seen to wait for it: a minute is what it would wait.
      await server.using(undefined, async (watcher) => {
        for (let waiting = 0; waiting === 0; await sleep(100)) {
          const [rows] = await watcher.query<RowDataPacket[]>(
            "select id from information_schema.processlist where state like 'Waiting for table metadata lock'",
          );
          waiting = rows.length;
          if (child.exitCode !== null) break;
        }
      });
      await connection.query('unlock tables');
      expect((await ended).status).toBe(0);
    });
  });
});
