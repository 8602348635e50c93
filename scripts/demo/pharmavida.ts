import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Decimal128, Long, MongoClient, ObjectId } from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { collections } from '../../examples/pharmavida/mongodb/index.ts';
import { poll } from '../lib/poll.ts';

const FOLDER = new URL('../../examples/pharmavida', import.meta.url).pathname;
/** Documents per insert: well below the 48 MB that a message may have. */
const BATCH = 1_000;
/** A database that has just been started may still be loading its own sample data. */
const PATIENCE_SECONDS = 60;

/** Where a database is, and as whom to enter it. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Waits for the database and loads PharmaVida's tables into it, unless they are there. Returns the number of products. */
export async function loadPostgres(connection: Connection): Promise<number> {
  const client = await poll('PostgreSQL', PATIENCE_SECONDS, async () => {
    const attempt = new pg.Client({ ...connection });
    await attempt.connect();
    return attempt;
  });
  try {
    const { rows: found } = await client.query<{ there: boolean }>("select to_regclass('productos') is not null as there");
    if (found[0]?.there !== true) for (const script of await scripts('postgresql')) await client.query(script);
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from productos');
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

/** Waits for MySQL or MariaDB and loads PharmaVida's tables into it, unless they are there. Returns the number of users. */
export async function loadMysql(connection: Connection): Promise<number> {
  const client = await poll('MySQL', PATIENCE_SECONDS, () => mysql.createConnection({ ...connection, multipleStatements: true }));
  try {
    const [found] = await client.query<mysql.RowDataPacket[]>("show tables like 'users'");
    if (found.length === 0) for (const script of await scripts('mysql')) await client.query(script);
    const [rows] = await client.query<mysql.RowDataPacket[]>('select count(*) as count from users');
    return Number(rows[0]?.['count']);
  } finally {
    await client.end();
  }
}

/**
 * Waits for MongoDB and loads PharmaVida's collections into it, unless they are there. Returns the number of prescriptions.
 * Throws where a collection of that name holds something else: what is somebody's is left as it is.
 */
export async function loadMongo({ host, port, user, password, database }: Connection): Promise<number> {
  const client = await poll('MongoDB', PATIENCE_SECONDS, async () => {
    const attempt = new MongoClient(`mongodb://${host}:${port}/`, {
      auth: { username: user, password },
      authSource: 'admin',
      directConnection: true,
      serverSelectionTimeoutMS: 2_000,
    });
    try {
      await attempt.db(database).command({ ping: 1 });
      return await attempt.connect();
    } catch (error) {
      await attempt.close();
      throw error;
    }
  });
  try {
    let loaded = 0;
    for (const { name, documents } of collections) {
      const wanted = [...documents({ Decimal128, Long, ObjectId })];
      const collection = client.db(database).collection(name);
      const last = wanted.at(-1)?._id;
      if (last === undefined || (await collection.findOne({ _id: last })) === null) {
        if ((await collection.findOne()) !== null) {
          throw new Error(`${database}.${name} holds something other than all of PharmaVida: drop it, or name another database in MONGO_DATABASE`);
        }
        for (let at = 0; at < wanted.length; at += BATCH) await collection.insertMany(wanted.slice(at, at + BATCH));
      }
      loaded = wanted.length;
    }
    return loaded;
  } finally {
    await client.close();
  }
}

/** The SQL files of a database, in order. */
async function scripts(database: string): Promise<string[]> {
  const files = (await readdir(join(FOLDER, database))).filter((file) => file.endsWith('.sql')).toSorted();
  return Promise.all(files.map((file) => readFile(join(FOLDER, database, file), 'utf8')));
}
