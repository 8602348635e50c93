import mysql from 'mysql2/promise';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import type { Log } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { MYSQL_NUMBERS, mysqlStatements } from '../data/mysql.ts';
import type { Table } from '../data/tables.ts';
import { LOGIN, PASSWORD, containerName } from '../lab/names.ts';
import { mysqlClient } from '../peers/mysql.ts';
import type { StartedSource } from './source.ts';

const PORT = 3306;
// Nothing of it needs to outlive a crash.
const SETTINGS = ['--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=4G'];
// What a job needs (docs/jobs.md): several readers of one snapshot lock their table for a moment.
const RIGHTS = 'select, lock tables';
const OWN = { mysql: ['--innodb-redo-log-capacity=4G'], mariadb: ['--innodb-log-file-size=2G'] };

/** A MySQL or MariaDB with its tables. */
export async function startMysql(server: 'mysql' | 'mariadb', lab: LabContainers, tables: readonly Table[], log: Log): Promise<StartedSource> {
  const name = containerName(server);
  const ports = await lab.start({
    name,
    image: await ensureImage(server, log),
    ports: { [PORT]: 0 },
    command: [...SETTINGS, ...OWN[server]],
    // A user who is named here would have every right in the database.
    environment: { MYSQL_ROOT_PASSWORD: LOGIN.password, MYSQL_DATABASE: LOGIN.database },
  });
  const address = { host: '127.0.0.1', port: ports[PORT] ?? 0 };
  const root = await poll(server, 60, () => mysql.createConnection({ ...address, ...LOGIN, user: 'root' }));
  await root.query(`create user '${LOGIN.user}'@'%' identified by '${LOGIN.password}'`);
  await root.query(`grant ${RIGHTS} on ${LOGIN.database}.* to '${LOGIN.user}'@'%'`);
  for (const statement of MYSQL_NUMBERS) await root.query(statement);
  for (const table of tables) {
    log(`${server}: ${table.rows} rows in ${table.name}`);
    for (const statement of mysqlStatements(table)) await root.query(statement);
  }
  await root.end();
  // The first login of a user takes longer, and asks some clients for more than they can do.
  const client = await mysql.createConnection({ ...address, ...LOGIN });
  const [rows] = await client.query<mysql.RowDataPacket[]>('select version() as version');
  await client.end();
  return {
    version: `${server === 'mysql' ? 'MySQL' : 'MariaDB'} ${String(rows[0]?.['version'])}`,
    peers: [await mysqlClient(server, log)],
    missing: {},
    tools: { kind: 'mysql', host: name, port: PORT },
    pipeline: ({ name: table }, way) => ({
      job: 'mysql',
      source: { MYSQL_HOST: name, MYSQL_USER: LOGIN.user, MYSQL_PASSWORD: PASSWORD, MYSQL_DATABASE: LOGIN.database, MYSQL_SSLMODE: 'disable' },
      // Readers of one snapshot begin together, behind a lock that a pipeline has to ask for.
      datasets: { [table]: { ...way, ...(way.readers > 1 ? { lock: true } : {}) } },
    }),
    stop: () => lab.remove(name),
  };
}
