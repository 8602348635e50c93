import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { MysqlServer } from '../support/mysql-server.ts';
import { connectTo, newDatabase } from '../support/stack.ts';

/** A version of a row: what a writer gave it. */
export interface Version {
  readonly id: string;
  readonly cambio: string;
  readonly v: string;
}

/** A connection that writes. Each changes rows of its own, so that nobody waits for a lock longer than the lag allows. */
export interface Writer {
  begin(): Promise<void>;
  insert(v: string): Promise<Version>;
  /** One of the rows whose `v` begins so, if there is one yet. */
  update(v: string, prefix: string): Promise<Version[]>;
  end(how: 'commit' | 'rollback'): Promise<void>;
  close(): Promise<void>;
}

/** A table of rows with the time of their last change, which is set when a statement begins and not when its transaction commits. */
export interface Written {
  readonly job: string;
  /** How the gateway's jobs reach it. */
  readonly environment: Readonly<Record<string, string>>;
  writer(): Promise<Writer>;
  table(): Promise<Version[]>;
  /** Ends every connection of a job at the server; says how many there were. */
  cut(): Promise<number>;
  stop(): Promise<void>;
}

/** In PostgreSQL. */
export async function writtenInPostgresql(): Promise<Written> {
  const database = await newDatabase(
    'desorden',
    'create table eventos (id bigserial primary key, cambio timestamptz not null, v text not null)',
    'create index on eventos (cambio)',
  );
  const admin = await connectTo(database);
  await admin.query(`alter database "${database}" set timezone = 'UTC'`);
  await admin.query("set timezone = 'UTC'");
  return {
    job: 'postgresql',
    environment: { POSTGRES_DATABASE: database },
    table: async () => (await admin.query<Version>('select id::text, cambio::text, v from eventos')).rows,
    cut: async () => {
      const ended = await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'esclusa %'",
      );
      return ended.rowCount ?? 0;
    },
    stop: () => admin.end(),
    async writer() {
      const client = await connectTo(database);
      const write = async (sql: string, ...values: string[]): Promise<Version[]> =>
        (await client.query<Version>(`${sql} returning id::text, cambio::text, v`, values)).rows;
      return {
        begin: async () => void (await client.query('begin')),
        insert: async (v) => (await write('insert into eventos (cambio, v) values (clock_timestamp(), $1)', v))[0] as Version,
        update: (v, prefix) =>
          write(
            'update eventos set cambio = clock_timestamp(), v = $1 where id = (select id from eventos where v like $2 order by random() limit 1)',
            v,
            `${prefix}%`,
          ),
        end: async (how) => void (await client.query(how)),
        close: () => client.end(),
      };
    },
  };
}

/** In MySQL. */
export async function writtenInMysql(): Promise<Written> {
  const server = await MysqlServer.start('mysql');
  await server.using('pharmavida', (connection) =>
    connection.query('create table eventos (id bigint auto_increment primary key, cambio datetime(6) not null, v varchar(60) not null, key (cambio), key (v))'),
  );
  /** Connections of the writers. */
  const ours = new Set<number>();
  const versions = 'select cast(id as char) as id, cast(cambio as char) as cambio, v from eventos';
  return {
    job: 'mysql',
    environment: server.environment,
    table: () =>
      server.using('pharmavida', async (connection) =>
        (await connection.query<(RowDataPacket & Version)[]>(versions))[0].map(({ id, cambio, v }) => ({ id, cambio, v })),
      ),
    cut: () =>
      server.using('pharmavida', async (connection) => {
        const [all] = await connection.query<(RowDataPacket & { id: number })[]>("select id from information_schema.processlist where db = 'pharmavida'");
        const theirs = all.filter(({ id }) => id !== connection.threadId && !ours.has(id));
        for (const { id } of theirs) await connection.query(`kill ${id}`).catch(() => undefined);
        return theirs.length;
      }),
    stop: () => server.stop(),
    async writer() {
      const connection = await server.connect('pharmavida');
      ours.add(connection.threadId);
      const told = async (id: number): Promise<Version> => {
        const [[row]] = await connection.query<(RowDataPacket & Version)[]>(`${versions} where id = ?`, [id]);
        return { id: row?.id ?? '', cambio: row?.cambio ?? '', v: row?.v ?? '' };
      };
      return {
        begin: async () => void (await connection.query('begin')),
        insert: async (v) => told((await connection.query<ResultSetHeader>('insert into eventos (cambio, v) values (utc_timestamp(6), ?)', [v]))[0].insertId),
        update: async (v, prefix) => {
          const [[row]] = await connection.query<(RowDataPacket & { id: number })[]>('select id from eventos where v like ? order by rand() limit 1', [
            `${prefix}%`,
          ]);
          if (row === undefined) return [];
          await connection.query('update eventos set cambio = utc_timestamp(6), v = ? where id = ?', [v, row.id]);
          return [await told(row.id)];
        },
        end: async (how) => void (await connection.query(how)),
        close: () => connection.end(),
      };
    },
  };
}
