import type { ResultSetHeader, RowDataPacket } from 'mysql2';
import { type Connection, escapeId } from 'mysql2/promise';
import type { Dataset } from '../../jobs/mysql/src/dataset.ts';
import { mysql } from '../../jobs/mysql/src/job.ts';
import type { Row, SourceParts } from '../../jobs/kit/src/testing/source-conformance.ts';
import { MysqlServer } from '../support/mysql-server.ts';
import { batches, newName } from './support.ts';

const quote = (name: string): string => escapeId(name, true);

/** What the conformance suite needs of a server of the MySQL family. */
export async function mysqlParts(kind: 'mysql' | 'mariadb'): Promise<SourceParts<Dataset>> {
  const server = await MysqlServer.start(kind);
  return {
    job: mysql,
    settings(database) {
      const { host, port, user, password } = server.fromHere;
      return { MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DATABASE: database };
    },
    variables: { host: 'MYSQL_HOST', port: 'MYSQL_PORT', password: 'MYSQL_PASSWORD' },
    async createDatabase() {
      const database = newName();
      await server.using(undefined, (connection) => connection.query(`create database ${database} character set utf8mb4`));
      return database;
    },
    async createTable(database, table, columns, integers) {
      // A row of InnoDB has 8 KB: a thousand columns must be short to fit into it.
      const text = columns.length > 100 ? 'varchar(6) character set ascii' : 'longtext';
      const list = columns.map((name) => `${quote(name)} ${integers.includes(name) ? 'bigint' : text}`);
      await server.using(database, (connection) => connection.query(`create table ${quote(table)} (${list.join(', ')})`));
    },
    async insert(database, table, rows) {
      await server.using(database, async (connection) => {
        for (const batch of batches(rows)) await insert(connection, table, batch);
        await connection.query(`analyze table ${quote(table)}`);
      });
    },
    async empty(database, table) {
      await server.using(database, (connection) => connection.query(`delete from ${quote(table)}`));
    },
    dataset: (table, columns) => ({ table, ...(columns === undefined ? {} : { columns: [...columns] }) }),
    slowDataset: (table) => ({ query: `select id, sleep(60) as nada from ${quote(table)}` }),
    missingColumn: 'refused',
    hostile: { table: 'ta,bla "rara" `ñ` %s', columns: ['co,l', 'com"illas', 'línea\nnueva', 'a.b', '$x', "l'eau", 'SELECT', '`'] },
    active: (name) =>
      server.using(undefined, async (connection) => {
        const [rows] = await connection.query<RowDataPacket[]>('select id from information_schema.processlist where info like ? and id <> connection_id()', [
          `%${name}%`,
        ]);
        return rows.length;
      }),
    kill: () => server.kill(),
    restart: () => server.restart(),
    cleanUp: () => server.stop(),
  };
}

async function insert(connection: Connection, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => columns.map((name) => row[name]));
  await connection.query<ResultSetHeader>(`insert into ${quote(table)} (${columns.map(quote).join(', ')}) values ?`, [values]);
}
