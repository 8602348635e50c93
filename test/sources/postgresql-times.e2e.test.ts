import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import { connectJob, extractHere } from '../support/extract.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { spellAlike } from '../corpus/holds.ts';

const EDGES = `values
  ('infinity', 'infinity', 'infinity'), ('-infinity', '-infinity', '-infinity'), (null, null, null),
  ('4714-11-24 BC', '4714-11-24 00:00:00 BC', '4714-11-24 00:00:00+00 BC'), ('5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00'),
  ('0001-12-31 BC', '0001-12-31 23:59:59.999999 BC', '0001-12-31 23:59:59.5+00 BC'), ('0001-01-01', '0001-01-01', '0001-01-01 00:00:00+00'),
  ('0001-02-29 BC', '0005-02-29 01:00 BC', '9999-12-31 23:59:59.000001+00'), ('10000-01-01', '10000-01-01', '99999-02-28 12:30+00'),
  ('1900-02-28', '1900-03-01', '2000-02-29 00:00+00'), ('1999-12-31', '1999-12-31 23:59:59.999999', '2000-01-01 00:00+00'),
  ('2024-02-29', '2024-02-29 15:30:45.100000', '2025-03-30 02:30:00+02')`;

describe('dates and times of PostgreSQL, which come in binary form', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start(
      'create domain momento as timestamptz',
      `create table tiempos as
         select d::date as d, t::timestamp as t, z::timestamptz as z, z::momento as m, t::timestamp(0) as t0 from (${EDGES}) as e(d, t, z)
         union all
         select date '4714-11-24 BC' + (random() * 2147483493)::bigint::int, at, at at time zone 'UTC', at at time zone 'UTC', at::timestamp(0)
         from (select case g % 2 when 0 then timestamp '4713-01-01 BC' + random() * 108800000 * interval '1 day'
                                 else timestamp '2000-01-01' + (random() - 0.5) * 1500000 * interval '1 day' end as at
               from generate_series(1, 20000) as g) as r`,
    );
  });

  afterAll(() => server.stop());

  test('are the text that the server itself writes', async () => {
    const client = await server.connect();
    const session = await connectJob(postgresql, server.settings);
    try {
      await spellAlike(client);
      const { rows } = await client.query<(string | null)[]>({ text: 'select d::text, t::text, z::text, m::text, t0::text from tiempos', rowMode: 'array' });
      const { text } = await extractHere(session, 'tiempos', {});
      expect(rows.length).toBe(20_012);
      expect(text.split('\n').slice(1, -1)).toEqual(rows.map((row) => row.map((value) => value ?? '').join(',')));
    } finally {
      await session.close();
      await client.end();
    }
  });
});
