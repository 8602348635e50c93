import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import type { Dataset } from '../../jobs/postgresql/src/dataset.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { eventually } from '../support/docker.ts';
import { PostgresServer } from '../support/postgres-server.ts';

/** SQL that has the server write a text to a file of its own, which nobody else may read. */
function fileOf(name: string, text: string): string {
  return `copy (select unnest(string_to_array($$${text.trim()}$$, E'\\n'))) to program 'umask 077 && cat > ${name}'`;
}

describe('POSTGRES_SSLMODE, where the server has TLS', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'esclusa.test' }]);
    server = await PostgresServer.start(
      fileOf('server.crt', cert),
      fileOf('server.key', key),
      'alter system set ssl = on',
      'select pg_reload_conf()',
      "create table t as select g as id, md5(g::text) as texto, case when g % 3 = 0 then null else 'a,\"b' end as c from generate_series(1, 200000) as g",
    );
    const client = await server.connect();
    await eventually('TLS', async () => (await client.query<{ ssl: string }>('show ssl')).rows[0]?.ssl === 'on');
    await client.end();
  }, 180_000);

  afterAll(() => server.stop());

  /** The beginning of a dataset's CSV, and what proves all of it. */
  async function read(mode: string, dataset: Dataset): Promise<{ text: string; rows: number; sha256: string }> {
    const session = await connectJob(postgresql, { ...server.settings, POSTGRES_SSLMODE: mode });
    try {
      const { resource, text } = await extractHere(session, 't', dataset);
      return { text: text.slice(0, 1_000), rows: resource.rows, sha256: String(resource.hash) };
    } finally {
      await session.close();
    }
  }

  test.each([
    ['disable', 'f'],
    ['prefer', 't'],
    ['require', 't'],
  ])('%s: whether the line is encrypted is %s, and the file is the same', async (mode, encrypted) => {
    const { text } = await read(mode, { query: 'select ssl from pg_stat_ssl where pid = pg_backend_pid()' });
    expect(text).toBe(`ssl\n${encrypted}\n`);
    const plain = await read('disable', { readers: 1 });
    expect(plain.rows).toBe(200_000);
    for (const readers of [1, 3]) expect(await read(mode, { readers })).toEqual(plain);
  });

  test('verify-full: a certificate that nobody vouches for is refused', async () => {
    await expect(read('verify-full', {})).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});
