import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JobErrorCode } from '@esclusa/contract';
import type { RowDataPacket } from 'mysql2';
import type { Dataset } from '../../jobs/mysql/src/dataset.ts';
import { mysql } from '../../jobs/mysql/src/job.ts';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import { Losses } from '../../jobs/kit/src/losses.ts';
import { eventually } from '../support/docker.ts';
import { extractHere } from '../support/extract.ts';
import { MysqlServer } from '../support/mysql-server.ts';

const DATABASE = 'pharmavida';
const APPLICATION = 'esclusa readers/1';
/** Some ranges' worth of rows. */
const ROWS = 600;
const ROW_BYTES = 20_000;
const BATCH = 100;
const few = Array.from({ length: 5 }, (_, n) => n * 7);
const many = Array.from({ length: ROWS }, (_, n) => BigInt(n));

/** Tables by name: the type of their key, what else the key has, and its values. */
const TABLES: Readonly<Record<string, { key: string; more?: string; values: readonly (bigint | number)[] }>> = {
  densa: { key: 'int', values: many },
  con_huecos: { key: 'bigint', values: many.map((n) => n + (n > 100n ? 10n ** 6n : 0n) + (n > 300n ? 10n ** 17n : 0n)) },
  de_una_punta_a_otra: { key: 'bigint', values: [-(2n ** 63n), ...many.map((n) => n - 300n), 2n ** 63n - 1n] },
  sin_signo: { key: 'bigint unsigned', values: [0n, ...many.map((n) => 2n ** 64n - 1n - n * 2n ** 40n)] },
  de_dos_columnas: { key: 'smallint', more: 'texto', values: many.map((n) => n / 3n - 50n) },
  pocas: { key: 'tinyint', values: few },
  vacia: { key: 'mediumint unsigned', values: [] },
};

const ONLY: Dataset = { readers: 1 };

describe.each(['mysql', 'mariadb'] as const)('several readers of %s', (kind) => {
  // MariaDB's log tells which snapshots are the same; MySQL has to be allowed to lock.
  const three: Dataset = { readers: 3, ...(kind === 'mysql' ? { lock: true } : {}) };
  let server: MysqlServer;
  beforeAll(async () => {
    server = await MysqlServer.start(kind, kind === 'mariadb' ? ['--log-bin'] : []);
    await server.using(DATABASE, async (connection) => {
      for (const [table, { key, more, values }] of Object.entries(TABLES)) {
        await connection.query(
          `create table ${table} (id ${key} not null, texto varchar(80) not null, relleno longtext, primary key (id${more === undefined ? '' : `, ${more}`}))`,
        );
        for (let at = 0; at < values.length; at += BATCH) {
          const rows = values
            .slice(at, at + BATCH)
            .map((id, n) => `(${id}, 'fila "${at + n}"', repeat('${String(id).slice(-4).padStart(4, 'x')}', ${ROW_BYTES / 4}))`);
          await connection.query(`insert into ${table} values ${rows.join(', ')}`);
        }
        await connection.query(`analyze table ${table}`);
      }
      await connection.query("create user lector identified by 'lector'; grant select on pharmavida.* to lector");
    });
  });
  afterAll(() => server.stop());

  /** A session, and what it has logged. */
  async function connectAs(user: { user: string; password: string } = server.fromHere): Promise<{ session: SourceSession<Dataset>; events: () => string[] }> {
    const { host, port } = server.fromHere;
    const settings = { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user.user, MYSQL_PASSWORD: user.password, MYSQL_DATABASE: DATABASE };
    const lines: string[] = [];
    const output = {
      log: (_level: string, message: string, { event, readers }: { readonly event?: string; readonly readers?: number } = {}) =>
        void lines.push(`${event ?? ''} ${readers ?? ''}: ${message}`),
      progress: () => undefined,
      final: async () => undefined,
    };
    const session = await mysql.connect({ settings, mode: 'run', applicationName: APPLICATION, signal: new AbortController().signal, output });
    return { session, events: () => lines.filter((line) => /^(fewer-)?readers/.test(line)) };
  }

  async function extracted(
    table: string,
    dataset: Dataset,
    user?: { user: string; password: string },
  ): Promise<{ sha256: string; rows: number; events: string[] }> {
    const { session, events } = await connectAs(user);
    try {
      const { resource } = await extractHere(session, table, dataset);
      return { sha256: String(resource.hash), rows: resource.rows, events: events() };
    } finally {
      await session.close();
    }
  }

  test.each(Object.entries(TABLES))('make the file of one: %s', async (table, { values }) => {
    const one = await extracted(table, ONLY);
    expect(one).toMatchObject({ rows: values.length, events: [] });
    const other = await extracted(table, three);
    expect(other).toMatchObject({ sha256: one.sha256, rows: one.rows, events: [expect.stringContaining('readers 3')] });
  });

  test('make the file of one of an increment that is read from the beginning', async () => {
    const incremental = { cursor: 'id', lag: 100 };
    const one = await extracted('densa', { query: `select * from densa where id <= ${many.length - 101} order by id` });
    expect(one.rows).toBe(many.length - 100);
    const other = await extracted('densa', { ...three, incremental });
    expect(other).toEqual({ ...one, events: [expect.stringContaining('readers 3')] });
    expect((await extracted('con_huecos', { ...three, where: 'id > 0', incremental })).events).toEqual([]);
  });

  test('leave alone what has no ranges: views, conditions, samples, keys that are no integers, other engines', async () => {
    await server.using(DATABASE, (connection) =>
      connection.query(`
        create view vista as select * from pocas;
        create table de_texto (id varchar(9) primary key); insert into de_texto values ('a'), ('b');
        create table sin_clave (id int); insert into sin_clave values (1);
        create table al_reves (id int, primary key (id desc)); insert into al_reves values (1), (2);
        create table de_otro_motor (id int primary key) engine = myisam; insert into de_otro_motor values (1)`),
    );
    for (const table of ['vista', 'de_texto', 'sin_clave', 'de_otro_motor', ...(kind === 'mysql' ? ['al_reves'] : [])]) {
      expect([table, (await extracted(table, three)).events]).toEqual([table, []]);
    }
    expect((await extracted('densa', { ...three, where: 'id < 3' })).events).toEqual([]);
    expect((await extracted('densa', { ...three, limit: 3 })).events).toEqual([]);
  });

  test('are one where the lock is not had, and the file is the same', async () => {
    const one = await extracted('densa', ONLY);
    const fewer = { sha256: one.sha256, events: [expect.stringContaining('fewer-readers 1')] };
    if (kind === 'mysql') {
      expect(await extracted('densa', { readers: 3 })).toMatchObject(fewer);
      expect(await extracted('densa', three, { user: 'lector', password: 'lector' })).toMatchObject(fewer);
      // A writer whose transaction is open keeps the lock from being given.
      await server.using(DATABASE, async (writer) => {
        await writer.query("start transaction; update densa set texto = 'otra' where id = 1");
        expect(await extracted('densa', three)).toMatchObject(fewer);
        await writer.query('rollback');
      });
    } else {
      // The log tells it to who may do no more than read.
      expect(await extracted('densa', three, { user: 'lector', password: 'lector' })).toMatchObject({
        sha256: one.sha256,
        events: [expect.stringContaining('readers 3')],
      });
    }
  });

  test('end together when one of them is killed at the server, and leave nothing behind', async () => {
    // More than what waits for its turn in memory.
    await server.using(DATABASE, (connection) =>
      connection.query('create table grande (id int primary key, relleno longtext); insert into grande select id, repeat(relleno, 5) from densa'),
    );
    const { session } = await connectAs();
    const plan = await session.plan('grande', three);
    const reading = (async () => {
      for await (const chunk of plan.read(new Losses('grande', false))) {
        expect(chunk.length).toBeGreaterThan(0);
        await server.using(DATABASE, async (admin) => {
          const [[running]] = await admin.query<RowDataPacket[]>(
            `select id from information_schema.processlist where info like '/* ${APPLICATION} */%' limit 1`,
          );
          if (running !== undefined) await admin.query(`kill ${String(running['id'])}`).catch(() => undefined);
        });
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_LOST' satisfies JobErrorCode });
    await session.close();
    await eventually('the connections to be gone', () =>
      server.using(undefined, async (admin) => {
        const [rows] = await admin.query<RowDataPacket[]>('select id from information_schema.processlist where db = ? and id <> connection_id()', [DATABASE]);
        return rows.length === 0 || undefined;
      }),
    );
  });
});
