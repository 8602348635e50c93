import pg from 'pg';
import type { Dataset } from '../../jobs/postgresql/src/dataset.ts';
import { postgresql } from '../../jobs/postgresql/src/job.ts';
import type { Row, SourceParts } from '../../jobs/kit/src/testing/source-conformance.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { batches, newName } from './support.ts';

const quote = pg.escapeIdentifier;

/** What the conformance suite needs of PostgreSQL; its tables are read by so many readers. */
export async function postgresqlParts(readers?: number): Promise<SourceParts<Dataset>> {
  const server = await PostgresServer.start();
  const using = async <T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = await server.connect(database);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    job: postgresql,
    settings(database) {
      return { ...server.settings, POSTGRES_DATABASE: database };
    },
    variables: { host: 'POSTGRES_HOST', port: 'POSTGRES_PORT', password: 'POSTGRES_PASSWORD' },
    async createDatabase() {
      const database = newName();
      await using('postgres', (client) => client.query(`create database ${database}`));
      return database;
    },
    async createTable(database, table, columns, integers) {
      const list = columns.map((name) => `${quote(name)} ${integers.includes(name) ? 'bigint' : 'text'}`);
      await using(database, (client) => client.query(`create table ${quote(table)} (${list.join(', ')})`));
    },
    async insert(database, table, rows) {
      await using(database, async (client) => {
        for (const batch of batches(rows)) await insert(client, table, batch);
        await client.query(`analyze ${quote(table)}`);
      });
    },
    async empty(database, table) {
      await using(database, (client) => client.query(`delete from ${quote(table)}`));
    },
    dataset: (table, columns) => ({ table, ...(readers === undefined ? {} : { readers }), ...(columns === undefined ? {} : { columns: [...columns] }) }),
    slowDataset: (table) => ({ query: `select id, pg_sleep(60) as nada from ${quote(table)}` }),
    missingColumn: 'refused',
    hostile: { table: 'ta,bla "rara" `ñ` %s', columns: ['co,l', 'com"illas', 'línea\nnueva', 'a.b', '$x', "l'eau", 'SELECT', ' '] },
    active: (name) =>
      using('postgres', async (client) => {
        const { rows } = await client.query<{ n: number }>("select count(*)::int as n from pg_stat_activity where application_name = $1 and state = 'active'", [
          name,
        ]);
        return rows[0]?.n ?? 0;
      }),
    kill: () => server.kill(),
    restart: () => server.restart(),
    cleanUp: () => server.stop(),
  };
}

async function insert(client: pg.Client, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  // One JSON document per batch: neither COPY nor CSV, which are what is tested.
  const typed = `select * from json_populate_recordset(null::${quote(table)}, $1)`;
  const list = columns.map((name) => quote(name)).join(', ');
  await client.query(`insert into ${quote(table)} (${list}) select ${list} from (${typed}) as t`, [JSON.stringify(rows)]);
}
