import type { ImageName } from '../setup/images.ts';
import { type Connection, loadMongo, loadMysql, loadPostgres } from './pharmavida.ts';

/** One of PharmaVida's databases, as the demo starts, loads and extracts it. */
export interface DemoDatabase {
  readonly label: string;
  /** Last part of its URL. */
  readonly pipeline: string;
  /** First part of its variables: POSTGRES of POSTGRES_HOST. */
  readonly prefix: string;
  readonly image: ImageName;
  readonly container: string;
  readonly port: number;
  /** Variables that its container is started with, as the official image reads them. */
  readonly environment: (connection: Connection) => Readonly<Record<string, string>>;
  /** Waits for it, and loads it unless it is loaded; resolves with how many of `counted` there are. */
  readonly load: (connection: Connection) => Promise<number>;
  readonly counted: string;
}

/** PharmaVida's three databases. */
export const DATABASES: readonly DemoDatabase[] = [
  {
    label: 'PostgreSQL',
    pipeline: 'postgresql',
    prefix: 'POSTGRES',
    image: 'postgres',
    container: 'pharmavida_postgresql',
    port: 5432,
    environment: ({ user, password, database }) => ({ POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database }),
    load: loadPostgres,
    counted: 'products',
  },
  {
    label: 'MySQL',
    pipeline: 'mysql',
    prefix: 'MYSQL',
    image: 'mysql',
    container: 'pharmavida_mysql',
    port: 3306,
    environment: ({ user, password, database }) => ({
      MYSQL_USER: user,
      MYSQL_PASSWORD: password,
      MYSQL_DATABASE: database,
      MYSQL_ROOT_PASSWORD: password,
    }),
    load: loadMysql,
    counted: 'users',
  },
  {
    label: 'MongoDB',
    pipeline: 'mongodb',
    prefix: 'MONGO',
    image: 'mongodb',
    container: 'pharmavida_mongodb',
    port: 27_017,
    environment: ({ user, password, database }) => ({
      MONGO_INITDB_ROOT_USERNAME: user,
      MONGO_INITDB_ROOT_PASSWORD: password,
      MONGO_INITDB_DATABASE: database,
      // For our own image: a replica set of one member, which keeps snapshots. The official one wants more than a variable for that.
      ESCLUSA_REPLSET: 'rs0',
    }),
    load: loadMongo,
    counted: 'prescriptions',
  },
];

/** What variables say of a database, and where they say nothing (or an empty string) the seed's values. */
export function connectionOf({ prefix, port }: DemoDatabase, variables: NodeJS.ProcessEnv): Connection {
  return {
    host: variables[`${prefix}_HOST`] || '127.0.0.1',
    port: Number(variables[`${prefix}_PORT`] || port),
    user: variables[`${prefix}_USER`] || 'admin',
    password: variables[`${prefix}_PASSWORD`] || 'pharmavida123',
    database: variables[`${prefix}_DATABASE`] || 'pharmavida_db',
  };
}

/** The variables by which the gateway and the jobs find a database. */
export function variablesOf({ prefix }: DemoDatabase, connection: Connection): Record<string, string> {
  return Object.fromEntries(Object.entries(connection).map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, String(value)]));
}
