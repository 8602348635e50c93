import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SourceSession } from '../../jobs/kit/src/job.ts';
import { Losses } from '../../jobs/kit/src/losses.ts';
import { describeSource } from '../../jobs/kit/src/testing/source-conformance.ts';
import { oneFile } from '../../jobs/kit/src/testing/one-file.ts';
import { writeCsv } from '../../jobs/kit/src/write-csv.ts';
import type { Dataset } from '../../jobs/postgresql/src/dataset.ts';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { postgresqlParts } from './postgresql-parts.ts';

describeSource('postgresql, by three readers', () => postgresqlParts(3));

interface Opened {
  readonly session: SourceSession<Dataset>;
  /** What the job has logged, by event. */
  readonly events: Map<string, Record<string, unknown>>;
}

/** Rows and SHA-256 of a dataset's file. */
async function read({ session }: Opened, dataset: Dataset, onChunk: (chunks: number) => Promise<void> = async () => undefined) {
  const sha256 = createHash('sha256');
  let chunks = 0;
  const { rows } = await writeCsv(
    't',
    await session.plan('t', dataset),
    new Losses('t', false),
    oneFile(async (chunk) => {
      sha256.update(chunk);
      await onChunk(++chunks);
    }),
  );
  return { rows, sha256: sha256.digest('hex') };
}

describe('a table of PostgreSQL that is read by several readers', () => {
  let server: PostgresServer;
  const sessions: SourceSession<Dataset>[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start(
      // Rows of very different widths, and pages without any.
      `create table mezcla as select g as id, repeat(md5(g::text), 1 + (g % 97 = 0)::int * 400) as texto, case when g % 3 = 0 then null else 'a,"b' end as c
       from generate_series(1, 120000) as g`,
      'delete from mezcla where id between 30000 and 60000',
      'create table vacia (id int)',
      "create role una login password 'una' connection limit 1",
      'grant select on mezcla, vacia to una',
    );
  }, 180_000);

  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await server.stop();
  });

  async function open(settings: Record<string, string> = {}): Promise<Opened> {
    const events: Opened['events'] = new Map();
    const output = {
      log: (_level: string, _message: string, fields: Record<string, unknown> = {}) => void events.set(String(fields['event']), fields),
      progress: () => undefined,
      final: async () => undefined,
    };
    const { signal } = new AbortController();
    const session = await postgresql.connect({ settings: { ...server.settings, ...settings }, mode: 'run', applicationName: 'esclusa test/1', signal, output });
    sessions.push(session);
    return { session, events };
  }

  test.each(['mezcla', 'vacia'])('%s: the file is the one of a single reader', async (table) => {
    const one = await read(await open(), { table, readers: 1 });
    for (const readers of [2, 3, 8]) {
      const opened = await open();
      expect(await read(opened, { table, readers })).toEqual(one);
      expect(opened.events.get('readers')).toMatchObject({ readers });
    }
  });

  test('increments: read from the beginning the rows are those of a single reader, whatever indexes there are; an increment is read by one', async () => {
    const writer = await server.connect();
    await writer.query(`create table creciente as select id, case when id % 1000 > 0 then id end as n, texto from mezcla order by md5(id::text)`);
    await writer.query('create unique index on creciente (n)');
    await writer.end();
    const incremental = { cursor: 'n', lag: 100 };
    const inOrder = await read(await open(), { query: 'select * from creciente where n <= 119899 or n is null' });
    for (const readers of [2, 3]) {
      const opened = await open();
      expect(await read(opened, { table: 'creciente', incremental, readers })).toEqual(inOrder);
      expect(opened.events.get('readers')).toMatchObject({ readers });
    }
    const next = await open();
    const plan = await next.session.plan('t', { table: 'creciente', incremental: { cursor: 'n' }, readers: 3 }, { cursor: 'n', value: '119990' });
    const { rows } = await writeCsv(
      't',
      plan,
      new Losses('t', false),
      oneFile(async () => undefined),
    );
    expect([rows, plan.increment?.state, next.events.get('readers')]).toEqual([10, { cursor: 'n', value: '119999' }, undefined]);
  });

  test('a server without a connection left is read by one, which the log says', async () => {
    const opened = await open({ POSTGRES_USER: 'una', POSTGRES_PASSWORD: 'una' });
    expect(await read(opened, { table: 'mezcla', readers: 4 })).toEqual(await read(await open(), { table: 'mezcla', readers: 1 }));
    expect(opened.events.get('fewer-readers')).toMatchObject({ readers: 1, wanted: 4 });
    expect(opened.events.get('readers')).toMatchObject({ readers: 1 });
  });

  test('what others write meanwhile is in none of the ranges, and nobody rewrites the table before the end', async () => {
    const writer = await server.connect();
    try {
      await writer.query('create table viva as select g as id, repeat(md5(g::text), 4) as texto from generate_series(1, 150000) as g');
      await writer.query("set lock_timeout = '200ms'");
      const before = await read(await open(), { table: 'viva', readers: 1 });
      let refused = '';
      const during = await read(await open(), { table: 'viva', readers: 3 }, async (chunks) => {
        if (chunks !== 10) return;
        await writer.query("insert into viva select g, 'nueva' from generate_series(1, 5000) as g");
        await writer.query('update viva set texto = upper(texto) where id % 10 = 0');
        await writer.query('delete from viva where id % 7 = 0');
        await writer.query('vacuum full viva').catch((error: Error) => (refused = error.message));
      });
      expect(during).toEqual(before);
      expect(refused).toMatch(/lock timeout/);
    } finally {
      await writer.end();
    }
  });

  /** Ends backends of the session at the server, counted from the oldest connection; says how many there were. */
  async function terminate(which: (nth: number) => boolean): Promise<number> {
    const client = await server.connect();
    try {
      const { rows } = await client.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'esclusa perdida/1' and backend_type = 'client backend' order by backend_start, pid",
      );
      for (const [nth, { pid }] of rows.entries()) if (which(nth)) await client.query('select pg_terminate_backend($1)', [pid]);
      return rows.length;
    } finally {
      await client.end();
    }
  }

  async function openToLose(): Promise<Opened & { close: () => Promise<void>; replaced: () => number }> {
    const events: Opened['events'] = new Map();
    let replaced = 0;
    const output = {
      log: (_level: string, message: string, fields: Record<string, unknown> = {}) => {
        events.set(String(fields['event']), { ...fields, message });
        if (fields['event'] === 'reader-replaced') replaced++;
      },
      progress: () => undefined,
      final: async () => undefined,
    };
    const { signal } = new AbortController();
    const session = await postgresql.connect({ settings: server.settings, mode: 'run', applicationName: 'esclusa perdida/1', signal, output });
    return { session, events, close: () => session.close(), replaced: () => replaced };
  }

  describe('whose connections are lost in the middle', () => {
    beforeAll(async () => {
      const client = await server.connect();
      await client.query('create table larga as select g as id, repeat(md5(g::text), 8) as texto from generate_series(1, 300000) as g');
      await client.end();
    });

    test.each([
      ['another one', 1, 30],
      ['the first', 0, 30],
      ['the first, early', 0, 3],
      ['another one, later', 2, 500],
    ])('%s is replaced in the same snapshot, and the file is that of one reader', async (_which, nth, at) => {
      const one = await read(await open(), { table: 'larga', readers: 1 });
      const opened = await openToLose();
      const writer = await server.connect();
      try {
        const three = await read(opened, { table: 'larga', readers: 3 }, async (chunks) => {
          if (chunks !== at) return;
          // Nothing of what comes now is in the snapshot.
          await writer.query("update larga set texto = 'nuevo' where id % 100 = 0");
          expect(await terminate((each) => each === nth)).toBe(3);
        });
        expect(three).toEqual(one);
        expect(opened.events.get('reader-replaced')).toMatchObject({
          dataset: 't',
          message: expect.stringMatching(/connection was lost .*another one reads on from the same snapshot/),
        });
        // The session goes on: its next dataset is of the same snapshot too.
        expect(await read(opened, { table: 'larga', readers: 1 })).toEqual(one);
      } finally {
        await writer.query('update larga set texto = repeat(md5(id::text), 8) where id % 100 = 0');
        await writer.end();
        await opened.close();
      }
    });

    test('is replaced where an increment is read from the beginning too', async () => {
      const dataset = { table: 'larga', incremental: { cursor: 'id', lag: 1000 } };
      const client = await server.connect();
      await client.query('create index on larga (id)');
      await client.end();
      const one = await read(await open(), { query: 'select * from larga where id + 0 <= 299000' });
      const opened = await openToLose();
      const three = await read(opened, { ...dataset, readers: 3 }, async (chunks) => {
        if (chunks === 30) expect(await terminate((nth) => nth === 1)).toBe(3);
      });
      await opened.close();
      expect([three, opened.replaced()]).toEqual([one, 1]);
    });

    test('one after the other, time and again', async () => {
      const one = await read(await open(), { table: 'larga', readers: 1 });
      const opened = await openToLose();
      let killed = 0;
      const three = await read(opened, { table: 'larga', readers: 3 }, async (chunks) => {
        // Not before the last one is replaced: one that waits for room sees late that it was ended, and all three would be gone.
        if (chunks < 30 || opened.replaced() < killed) return;
        await terminate((each) => each === killed % 3);
        killed++;
      });
      await opened.close();
      expect(three).toEqual(one);
      expect(opened.replaced()).toBeGreaterThan(2);
    });

    test('all of them at once: the snapshot is gone with them, which is said', async () => {
      const opened = await openToLose();
      const reading = read(opened, { table: 'larga', readers: 3 }, async (chunks) => {
        if (chunks === 30) await terminate(() => true);
      });
      await expect(reading).rejects.toMatchObject({ code: 'SOURCE_LOST' });
      await opened.close();
    });

    test('the only one of a single reader: likewise', async () => {
      const opened = await openToLose();
      const reading = read(opened, { table: 'larga', readers: 1 }, async (chunks) => {
        if (chunks === 30) await terminate(() => true);
      });
      await expect(reading).rejects.toMatchObject({ code: 'SOURCE_LOST' });
      expect(opened.events.has('reader-replaced')).toBe(false);
      await opened.close();
    });
  });

  test.each<Dataset>([
    { table: 'mezcla', readers: 3, where: 'id < 100' },
    { table: 'mezcla', readers: 3, limit: 10 },
    { query: 'select id from mezcla where id < 100', readers: 3 },
  ])('%j is read by one: it is not a whole table', async (dataset) => {
    const opened = await open();
    expect((await read(opened, dataset)).rows).toBe(dataset.limit ?? 99);
    expect(opened.events.has('readers')).toBe(false);
  });
});
