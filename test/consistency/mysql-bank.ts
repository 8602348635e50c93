import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { MysqlServer } from '../support/mysql-server.ts';
import { type Bank, INITIAL_SALDO, LIMIT, type Movement, type Size, type Teller } from './bank.ts';

/** For MySQL and MariaDB. */
export function mysqlBank(server: MysqlServer, database: string): Bank {
  return {
    async open(size: Size) {
      await server.using(database, (connection) => fill(connection, size));
    },
    async teller() {
      const connection = await server.connect(database);
      // Without the locks on gaps, by which writers would wait for each other.
      await connection.query('set session transaction isolation level read committed');
      return new MysqlTeller(connection);
    },
    async readApart(inBetween) {
      return server.using(database, async (connection) => {
        const rows = async (sql: string): Promise<number[][]> => {
          const [found] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
          return found.map((row) => row.map(Number));
        };
        const cuentas = await rows('select id, saldo, reserva from cuentas');
        await inBetween();
        return { cuentas, movimientos: await rows('select min(id), cuenta_id, sum(importe) from movimientos group by cuenta_id') };
      });
    },
  };
}

async function fill(connection: Connection, { accounts, movements }: Size): Promise<void> {
  // Numbers out of their digits: neither server has a generator that the other knows.
  const digits = Array.from({ length: String(movements - 1).length }, (_, power) => ({ table: `d${power}`, term: `d${power}.d * ${10 ** power}` }));
  const numbers = `select ${digits.map(({ term }) => term).join(' + ')} as g from ${digits.map(({ table }) => `digits ${table}`).join(', ')}`;
  await connection.query(`
    create table digits (d int);
    insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
    create table cuentas (id int primary key, saldo bigint not null, reserva bigint not null, titular varchar(40) not null);
    create table movimientos (id int primary key, cuenta_id int not null, importe bigint not null, concepto varchar(40) not null);
    insert into cuentas select g + 1, ${INITIAL_SALDO}, ${LIMIT - INITIAL_SALDO}, concat('titular ', g) from (${numbers}) as n where g < ${accounts};
    insert into movimientos select g + 1, 1 + g % ${accounts}, 100 + g div ${accounts}, concat('al principio ', g) from (${numbers}) as n where g < ${movements};
    create index por_cuenta on movimientos (cuenta_id);
    drop table digits`);
  await connection.query('analyze table cuentas, movimientos');
}

class MysqlTeller implements Teller {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async transfer(movements: readonly [Movement, Movement]): Promise<void> {
    await this.#connection.beginTransaction();
    await this.#insert(movements);
    for (const { cuenta, importe } of movements) {
      await this.#connection.query('update cuentas set saldo = saldo + ?, reserva = reserva - ? where id = ?', [importe, importe, cuenta]);
    }
    await this.#connection.commit();
  }

  async replace(old: number, { id, saldo }: { id: number; saldo: number }, movements: readonly Movement[]): Promise<void> {
    await this.#connection.beginTransaction();
    await this.#connection.query('delete from movimientos where cuenta_id = ?', [old]);
    await this.#connection.query('delete from cuentas where id = ?', [old]);
    await this.#connection.query('insert into cuentas values (?, ?, ?, ?)', [id, saldo, LIMIT - saldo, `sucesora de ${old}`]);
    await this.#insert(movements);
    await this.#connection.commit();
  }

  async #insert(movements: readonly Movement[]): Promise<void> {
    const rows = movements.map(({ id, cuenta, importe }) => [id, cuenta, importe, 'durante la lectura']);
    await this.#connection.query('insert into movimientos values ?', [rows]);
  }

  async close(): Promise<void> {
    await this.#connection.end();
  }
}
