import mysql from 'mysql2/promise';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import { poll } from '../../scripts/lib/poll.ts';
import { type Log, run } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { MYSQL_NUMBERS, mysqlStatements } from '../data/mysql.ts';
import type { Table } from '../data/tables.ts';
import { LOGIN, PASSWORD, containerName } from '../lab/names.ts';
import { mysqlClient } from '../peers/mysql.ts';
import type { StartedSource } from './source.ts';

const PORT = 3306;
// Nothing of it needs to outlive a crash.
const SETTINGS = ['--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=4G'];
const OWN = { mysql: ['--innodb-redo-log-capacity=4G'], mariadb: ['--innodb-log-file-size=2G'] };

/** A MySQL or MariaDB with its tables. */
export async function startMysql(server: 'mysql' | 'mariadb', lab: LabContainers, tables: readonly Table[], log: Log): Promise<StartedSource> {
  const name = containerName(server);
  const ports = await lab.start({
    name,
    image: await ensureImage(server, log),
    ports: { [PORT]: 0 },
    command: [...SETTINGS, ...OWN[server]],
    environment: { MYSQL_ROOT_PASSWORD: LOGIN.password, MYSQL_USER: LOGIN.user, MYSQL_PASSWORD: LOGIN.password, MYSQL_DATABASE: LOGIN.database },
  });
  const client = await poll(server, 60, () => mysql.createConnection({ host: '127.0.0.1', port: ports[PORT] ?? 0, ...LOGIN }));
  // A lock over all tables, which parallel readers of one snapshot begin with, is an administrator's.
  await run(['docker', 'exec', name, server, '-uroot', `-p${LOGIN.password}`, '-e', `grant all on *.* to '${LOGIN.user}'@'%'`]);
  for (const statement of MYSQL_NUMBERS) await client.query(statement);
  for (const table of tables) {
    log(`${server}: ${table.rows} rows in ${table.name}`);
    for (const statement of mysqlStatements(table)) await client.query(statement);
  }
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
