import pg from 'pg';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import type { Log } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { postgresqlStatements } from '../data/postgresql.ts';
import type { Table } from '../data/tables.ts';
import { LOGIN, PASSWORD, containerName } from '../lab/names.ts';
import { psql } from '../peers/psql.ts';
import type { StartedSource } from './source.ts';

const NAME = 'postgresql';
const PORT = 5432;
// Nothing of it needs to outlive a crash, and no checkpoint may fall into a measurement.
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=32GB',
  'checkpoint_timeout=1h',
  'autovacuum=off',
  'shared_buffers=1GB',
];

/** A PostgreSQL with its tables. */
export async function startPostgresql(lab: LabContainers, tables: readonly Table[], log: Log): Promise<StartedSource> {
  const name = containerName(NAME);
  const ports = await lab.start({
    name,
    image: await ensureImage('postgres', log),
    ports: { [PORT]: 0 },
    command: ['postgres', ...SETTINGS.flatMap((setting) => ['-c', setting])],
    environment: { POSTGRES_USER: LOGIN.user, POSTGRES_PASSWORD: LOGIN.password, POSTGRES_DB: LOGIN.database },
    sharedMemoryMiB: 256,
  });
  const client = await poll('PostgreSQL', 60, async () => {
    const attempt = new pg.Client({ host: '127.0.0.1', port: ports[PORT] ?? 0, ...LOGIN });
    await attempt.connect();
    return attempt;
  });
  for (const table of tables) {
    log(`PostgreSQL: ${table.rows} rows in ${table.name}`);
    for (const statement of postgresqlStatements(table)) await client.query(statement);
  }
  await client.query('checkpoint');
  const { rows } = await client.query<{ version: string }>('select version()');
  await client.end();
  return {
    version: /^\S+ \S+/.exec(rows[0]?.version ?? '')?.[0] ?? 'PostgreSQL',
    peers: [await psql(log)],
    missing: {},
    tools: { kind: 'postgresql', host: name, port: PORT },
    pipeline: ({ name: table }, way) => ({
      job: 'postgresql',
      source: { POSTGRES_HOST: name, POSTGRES_USER: LOGIN.user, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DATABASE: LOGIN.database, POSTGRES_SSLMODE: 'disable' },
      datasets: { [table]: way },
    }),
    stop: () => lab.remove(name),
  };
}
