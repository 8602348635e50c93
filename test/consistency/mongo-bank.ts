import type { ClientSession, Collection, Db, MongoClient, OptionalUnlessRequiredId } from 'mongodb';
import type { MongoServer } from '../support/mongo-server.ts';
import { type Account, type Bank, INITIAL_SALDO, LIMIT, type Movement, type Size, type Teller, initialMovement } from './bank.ts';

const BATCH = 5_000;
const AT_ONCE = 2;

interface AccountDocument {
  _id: number;
  saldo: number;
  reserva: number;
  titular: string;
}

interface MovementDocument {
  _id: number;
  cuenta_id: number;
  importe: number;
  concepto: string;
}

/** On a replica set money moves in transactions; a standalone server has none. */
export function mongoBank(server: MongoServer, database: string, transactions: boolean): Bank {
  return {
    async open(size: Size) {
      await server.using(database, (db) => fill(db, size));
    },
    async teller() {
      const client = await server.connect();
      return new MongoTeller(client, client.db(database), transactions);
    },
    async readApart(inBetween) {
      return server.using(database, async (db) => {
        const accounts = await db.collection<AccountDocument>('cuentas').find().toArray();
        await inBetween();
        const $group = { _id: '$cuenta_id', id: { $min: '$_id' }, importe: { $sum: '$importe' } };
        const movements = await db.collection('movimientos').aggregate<{ _id: number; id: number; importe: number }>([{ $group }]).toArray();
        return {
          cuentas: accounts.map(({ _id, saldo, reserva }) => [_id, saldo, reserva]),
          movimientos: movements.map(({ _id, id, importe }) => [id, _id, importe]),
        };
      });
    },
  };
}

async function fill(db: Db, size: Size): Promise<void> {
  const [accounts, movements] = await Promise.all([db.createCollection<AccountDocument>('cuentas'), db.createCollection<MovementDocument>('movimientos')]);
  await movements.createIndex({ cuenta_id: 1 });
  await insertAll(accounts, size.accounts, (n) => ({ _id: n + 1, saldo: INITIAL_SALDO, reserva: LIMIT - INITIAL_SALDO, titular: `titular ${n + 1}` }));
  await insertAll(movements, size.movements, (n) => document(initialMovement(n, size), 'al principio'));
}

async function insertAll<T extends AccountDocument | MovementDocument>(into: Collection<T>, count: number, make: (n: number) => T): Promise<void> {
  let next = 0;
  const insert = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next += BATCH;
      const documents: unknown[] = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => make(from + n));
      await into.insertMany(documents as OptionalUnlessRequiredId<T>[], { ordered: false });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, insert));
}

class MongoTeller implements Teller {
  readonly #client: MongoClient;
  readonly #accounts: Collection<AccountDocument>;
  readonly #movements: Collection<MovementDocument>;
  readonly #session: ClientSession | undefined;

  constructor(client: MongoClient, db: Db, transactions: boolean) {
    this.#client = client;
    this.#accounts = db.collection('cuentas');
    this.#movements = db.collection('movimientos');
    this.#session = transactions ? client.startSession() : undefined;
  }

  transfer(movements: readonly [Movement, Movement]): Promise<void> {
    return this.#together(async (options) => {
      await this.#insert(movements, options);
      for (const { cuenta, importe } of movements) {
        await this.#accounts.updateOne({ _id: cuenta }, { $inc: { saldo: importe, reserva: -importe } }, options);
      }
    });
  }

  replace(old: number, { id, saldo }: Account, movements: readonly Movement[]): Promise<void> {
    return this.#together(async (options) => {
      await this.#movements.deleteMany({ cuenta_id: old }, options);
      await this.#accounts.deleteOne({ _id: old }, options);
      await this.#accounts.insertOne({ _id: id, saldo, reserva: LIMIT - saldo, titular: `sucesora de ${old}` }, options);
      await this.#insert(movements, options);
    });
  }

  async #insert(movements: readonly Movement[], options: { session?: ClientSession }): Promise<void> {
    await this.#movements.insertMany(
      movements.map((movement) => document(movement, 'durante la lectura')),
      options,
    );
  }

  async #together(work: (options: { session?: ClientSession }) => Promise<void>): Promise<void> {
    const session = this.#session;
    if (session === undefined) await work({});
    else await session.withTransaction(() => work({ session }));
  }

  async close(): Promise<void> {
    await this.#session?.endSession();
    await this.#client.close();
  }
}

function document({ id, cuenta, importe }: Movement, concepto: string): MovementDocument {
  return { _id: id, cuenta_id: cuenta, importe, concepto };
}
