import { MongoServer } from '../support/mongo-server.ts';
import { MysqlServer } from '../support/mysql-server.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import type { Bank } from './bank.ts';
import { mongoBank } from './mongo-bank.ts';
import { mysqlBank } from './mysql-bank.ts';
import { postgresBank } from './postgres-bank.ts';

/** A server that has just been started, with a bank to be opened. */
export interface Started {
  readonly bank: Bank;
  /** The job's variables. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface Source {
  readonly job: string;
  readonly keepsSnapshots: boolean;
  /** Datasets that several connections are to read at once. */
  readonly inParallel?: number;
  /** The two datasets as a pipeline has them. */
  readonly datasets: Readonly<Record<string, object>>;
  start(): Promise<Started>;
}

// How soon a commit is on disk says nothing of what readers see; writers that wait for the disk would commit little while they read.
const WITHOUT_DISK = ['--sync-binlog=0', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=1G'];
const TABLES = { cuentas: {}, movimientos: {} };
const COLLECTIONS = {
  cuentas: { columns: [{ name: 'id', path: '_id' }, 'saldo', 'reserva', 'titular'] },
  movimientos: { columns: [{ name: 'id', path: '_id' }, 'cuenta_id', 'importe', 'concepto'] },
};

/** Every server that the jobs read from, by name. */
export const SOURCES: ReadonlyMap<string, Source> = new Map<string, Source>([
  [
    'postgresql',
    {
      job: 'postgresql',
      keepsSnapshots: true,
      datasets: TABLES,
      async start() {
        const server = await PostgresServer.start();
        return { bank: postgresBank(server), environment: server.environment, stop: () => server.stop() };
      },
    },
  ],
  ['mysql', ofMysql('mysql', ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'])],
  ['mariadb', ofMysql('mariadb', ['--log-bin'])],
  ['mysql-readers', { ...ofMysql('mysql', []), inParallel: 1, datasets: { cuentas: {}, movimientos: { readers: 2, lock: true } } }],
  ['mariadb-readers', { ...ofMysql('mariadb', ['--log-bin']), inParallel: 2, datasets: { cuentas: { readers: 2 }, movimientos: { readers: 2 } } }],
  ['mongodb', ofMongo('replica set')],
  ['mongodb-standalone', ofMongo('standalone')],
]);

function ofMysql(kind: 'mysql' | 'mariadb', log: readonly string[]): Source {
  return {
    job: 'mysql',
    keepsSnapshots: true,
    datasets: TABLES,
    async start() {
      const server = await MysqlServer.start(kind, [...log, ...WITHOUT_DISK]);
      const { environment } = server;
      return { bank: mysqlBank(server, environment['MYSQL_DATABASE'] ?? ''), environment, stop: () => server.stop() };
    },
  };
}

function ofMongo(kind: 'replica set' | 'standalone'): Source {
  const keepsSnapshots = kind === 'replica set';
  return {
    job: 'mongodb',
    keepsSnapshots,
    datasets: COLLECTIONS,
    async start() {
      // The default of five minutes is less than two million documents may take.
      const server = await MongoServer.start(kind, keepsSnapshots ? ['--setParameter', 'minSnapshotHistoryWindowInSeconds=3600'] : []);
      const { environment } = server;
      return { bank: mongoBank(server, environment['MONGO_DATABASE'] ?? '', keepsSnapshots), environment, stop: () => server.stop() };
    },
  };
}
