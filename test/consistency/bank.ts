/** Movements that each account begins with. */
const MOVEMENTS = 9;
/** What an account's balance and its reserve are together at all times: what must hold within one row. */
export const LIMIT = 1_000_000;

export interface Account {
  readonly id: number;
  readonly saldo: number;
}

export interface Movement {
  readonly id: number;
  readonly cuenta: number;
  readonly importe: number;
}

/** How many rows a bank begins with. */
export interface Size {
  readonly accounts: number;
  readonly movements: number;
}

/** So many accounts that they and their movements are `rows` rows. */
export function sizeFor(rows: number): Size {
  const accounts = Math.ceil(rows / (MOVEMENTS + 1));
  return { accounts, movements: accounts * MOVEMENTS };
}

/** The n-th movement of the beginning, from 0. An account's movements lie far apart, so that no reader meets all at once. */
export function initialMovement(n: number, { accounts }: Size): Movement {
  return { id: n + 1, cuenta: 1 + (n % accounts), importe: 100 + Math.floor(n / accounts) };
}

/** Every account's balance at the beginning. */
export const INITIAL_SALDO = Array.from({ length: MOVEMENTS }, (_, n) => 100 + n).reduce((sum, importe) => sum + importe, 0);

/** Rows of both tables: id, saldo, reserva; and per account the lowest id of its movements, the account, the sum of importe. */
export interface Books {
  readonly cuentas: readonly (readonly number[])[];
  readonly movimientos: readonly (readonly number[])[];
}

/**
 * A database with `cuentas` (id, saldo, reserva, titular) and `movimientos` (id, cuenta_id, importe, concepto): every account's saldo is the sum of its
 * movements, every movement has its account, and the sum of all, like the number of accounts, never changes.
 */
export interface Bank {
  /** Creates and fills both. */
  open(size: Size): Promise<void>;
  /** Another connection that writes. */
  teller(): Promise<Teller>;
  /** Reads the accounts and then, in a statement of its own that shares no snapshot with it, the movements. */
  readApart(inBetween: () => Promise<void>): Promise<Books>;
}

/** A client that changes both tables, each time in one transaction where the server has them. */
export interface Teller {
  /** Books two movements, whose amounts cancel out, and changes the balances of their accounts. */
  transfer(movements: readonly [Movement, Movement]): Promise<void>;
  /** Deletes an account with its movements and inserts another with as much money. */
  replace(old: number, account: Account, movements: readonly Movement[]): Promise<void>;
  close(): Promise<void>;
}
