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
