import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { connectJob } from '../support/extract.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { type IncrementSource, readerOf, tryCounting, tryIncrements, tryLag } from './steps.ts';

describe('increments of PostgreSQL', () => {
  let server: PostgresServer;
  let client: pg.Client;
  const read = readerOf(postgresql, () => server.settings);
  const source: IncrementSource = {
    create: async (table, type, { key = false } = {}) => void (await client.query(`create table ${table} (id int, c ${type} ${key ? 'primary key' : ''})`)),
    insert: async (table, rows) => {
      for (const [id, value] of rows) await client.query(`insert into ${table} values (${id}, ${value ?? 'null'})`);
    },
    remove: async (table, id) => void (await client.query(`delete from ${table} where id = ${id}`)),
    read: (table, incremental, state) => read(table, { incremental }, state),
    ago: (type, seconds) => `(now() at time zone 'UTC' - interval '${seconds} seconds')${type === 'timestamptz' ? " at time zone 'UTC'" : '::timestamp'}`,
  };

  beforeAll(async () => {
    server = await PostgresServer.start();
    client = await server.connect();
  });

  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  tryIncrements(
    () => source,
    [
      ['int', ['-5', '7', '2147483647'], '7'],
      ['bigint', ['1', '9007199254740993', '9223372036854775807'], '9007199254740993'],
      ['numeric(20,3)', ['0.5', '1.5', '1.501'], '1.500', "'NaN'"],
      ['date', ["'2024-12-31'", "'2025-01-01'", "'2025-01-02'"], '2025-01-01', "'infinity'"],
      ['timestamp', ["'2025-01-01'", "'2025-01-01 00:00:00.000001'", "'2025-01-01 00:00:01'"], '2025-01-01 00:00:00.000001', "'infinity'"],
      ['timestamptz', ["'2025-01-01 00:00:00-05'", "'2025-01-01 06:00:00+00'", "'2025-01-01 08:00:00+01'"], '2025-01-01 06:00:00+00', "'infinity'"],
      ['timestamptz', ["'0044-03-15 BC'", "'0043-03-15 BC'", "'2025-01-01'"], '0043-03-15 00:00:00+00 BC'],
      ['text', ["'01J''A'", "'01J''B'", "'01J''Ñ'"], "01J'B"],
    ],
  );
  tryLag(
    () => source,
    [
      ['timestamptz', 3_600],
      ['timestamp', 3_600],
      ['timestamptz', 60],
    ],
  );
  tryCounting(() => source, 'bigint');

  test('a day is left for later until it is over, by the clock that it shows', async () => {
    await client.query("create table dias (id int, c date); insert into dias select g, (now() at time zone 'UTC')::date - g from generate_series(0, 3) as g");
    expect((await read('dias', { incremental: { cursor: 'c', lag: 1 } })).ids).toEqual([1, 2, 3]);
    await client.query(
      "create table reloj (id int, c timestamp); insert into reloj select g, (now() at time zone interval '-05:00') - g * interval '1 hour' from generate_series(0, 6) as g",
    );
    expect((await read('reloj', { incremental: { cursor: 'c', lag: 5_400, utcOffset: '-05:00' } })).ids).toEqual([2, 3, 4, 5, 6]);
    // Taken for UTC it is five hours behind, and nothing seems young.
    expect((await read('reloj', { incremental: { cursor: 'c', lag: 5_400 } })).ids).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('a condition and a query bound the rows, and the state with them', async () => {
    await client.query('create table ambos (id int, c int, tipo text)');
    await client.query("insert into ambos values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'a')");
    const where = await read('ambos', { where: "tipo = 'b' -- sólo b", incremental: { cursor: 'c' } });
    expect(where).toMatchObject({ ids: [2], resource: { state: { value: '20' } } });
    const query = 'select id, c + 1 as mas from ambos order by 2 -- al final';
    const first = await read('consulta', { query, incremental: { cursor: 'mas' } });
    expect(first).toMatchObject({ ids: [1, 2, 3], resource: { state: { cursor: 'mas', value: '31' } } });
    await client.query("insert into ambos values (4, 40, 'a')");
    expect((await read('consulta', { query, incremental: { cursor: 'mas' } }, first.resource.state)).ids).toEqual([3, 4]);
    // The cursor need not be in the file.
    expect((await read('ambos', { columns: ['id'], incremental: { cursor: 'c' } }, { cursor: 'c', value: '30' })).ids).toEqual([3, 4]);
  });

  test.each([
    [{ cursor: 'nada' }, 'COLUMN_NOT_FOUND', /the cursor "nada" does not exist; there are id, c/],
    [{ cursor: 'c' }, 'QUERY_INVALID', /"c" \(boolean\) can be no cursor/],
  ])('a cursor that is none: %j', async (incremental, code, message) => {
    await client.query('create table if not exists sin_cursor (id int, c boolean)');
    await expect(read('sin_cursor', { incremental })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    const session = await connectJob(postgresql, server.settings, 'check');
    await expect(session.plan('sin_cursor', { incremental })).rejects.toMatchObject({ code });
    await session.close();
  });
});
