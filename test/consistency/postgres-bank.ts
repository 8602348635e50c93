import type pg from 'pg';
import type { PostgresServer } from '../support/postgres-server.ts';
import { type Bank, INITIAL_SALDO, LIMIT, type Movement, type Size, type Teller } from './bank.ts';

export function postgresBank(server: PostgresServer): Bank {
  return {
    async open({ accounts, movements }: Size) {
      const client = await server.connect();
      await client.query(`
        create table cuentas as
          select g as id, ${INITIAL_SALDO}::bigint as saldo, ${LIMIT - INITIAL_SALDO}::bigint as reserva, md5(g::text) as titular
          from generate_series(1, ${accounts}) as g;
        create table movimientos as
          select g + 1 as id, 1 + g % ${accounts} as cuenta_id, (100 + g / ${accounts})::bigint as importe, md5(g::text) as concepto
          from generate_series(0, ${movements - 1}) as g;
        alter table cuentas add primary key (id);
        alter table movimientos add primary key (id);
        create index on movimientos (cuenta_id);
        analyze`);
      await client.end();
    },
    async teller() {
      const client = await server.connect();
      // How soon a commit is on disk says nothing of what readers see.
      await client.query('set synchronous_commit = off');
      return new PostgresTeller(client);
    },
    async readApart(inBetween) {
      const client = await server.connect();
      const rows = async (sql: string): Promise<number[][]> => (await client.query<number[]>({ text: sql, rowMode: 'array' })).rows;
      const cuentas = await rows('select id, saldo::float8, reserva::float8 from cuentas');
      await inBetween();
      const movimientos = await rows('select min(id), cuenta_id, sum(importe)::float8 from movimientos group by cuenta_id');
      await client.end();
      return { cuentas, movimientos };
    },
  };
}

class PostgresTeller implements Teller {
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async transfer(movements: readonly [Movement, Movement]): Promise<void> {
    await this.#client.query('begin');
    await this.#insert(movements);
    for (const { cuenta, importe } of movements) {
      await this.#client.query('update cuentas set saldo = saldo + $2, reserva = reserva - $2 where id = $1', [cuenta, importe]);
    }
    await this.#client.query('commit');
  }

  async replace(old: number, { id, saldo }: { id: number; saldo: number }, movements: readonly Movement[]): Promise<void> {
    await this.#client.query('begin');
    await this.#client.query('delete from movimientos where cuenta_id = $1', [old]);
    await this.#client.query('delete from cuentas where id = $1', [old]);
    await this.#client.query('insert into cuentas values ($1, $2, $3, $4)', [id, saldo, LIMIT - saldo, `sucesora de ${old}`]);
    await this.#insert(movements);
    await this.#client.query('commit');
  }

  async #insert(movements: readonly Movement[]): Promise<void> {
    const columns = [movements.map(({ id }) => id), movements.map(({ cuenta }) => cuenta), movements.map(({ importe }) => importe)];
    await this.#client.query(`insert into movimientos select *, 'durante la lectura' from unnest($1::int[], $2::int[], $3::bigint[])`, columns);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}
