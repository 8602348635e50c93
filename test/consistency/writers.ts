import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, type Bank, INITIAL_SALDO, type Movement, type Size, type Teller } from './bank.ts';

const WRITERS = 3;
// Two transfers add four movements; the account that is replaced has nine on average, and its successor these.
const TRANSFERS = 2;
const FRESH_MOVEMENTS = 5;

export type Kind = 'transfer' | 'replacement';

/** Clients that change a bank without a pause until they are stopped. */
export class Writers {
  /** What was committed, and when the server had said so, in ms since 1970. */
  readonly committed: { readonly kind: Kind; readonly at: number }[] = [];
  readonly #stopped = new AbortController();
  readonly #tellers: readonly Teller[];
  readonly #running: Promise<unknown>;
  #failure: Error | undefined;

  private constructor(tellers: readonly Teller[], size: Size) {
    this.#tellers = tellers;
    const writers = tellers.map((teller, index) => new Writer(teller, index, size, (kind) => this.committed.push({ kind, at: Date.now() })));
    this.#running = Promise.all(writers.map((writer) => writer.run(this.#stopped.signal))).catch((error: Error) => (this.#failure = error));
  }

  static async start(bank: Bank, size: Size): Promise<Writers> {
    return new Writers(await Promise.all(Array.from({ length: WRITERS }, () => bank.teller())), size);
  }

  /** Throws if they no longer write. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw new Error(`a writer failed: ${this.#failure.message}`, { cause: this.#failure });
  }

  /** Waits until so many more transactions are committed. */
  async more(count: number): Promise<void> {
    const goal = this.committed.length + count;
    while (this.committed.length < goal) {
      this.throwIfFailed();
      await sleep(10);
    }
  }

  /** Ends after the transactions that are under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    // One whose server is gone has nothing to close.
    await Promise.allSettled(this.#tellers.map((teller) => teller.close()));
  }
}

/** One client, which has accounts of its own: two never wait for each other's rows. */
class Writer {
  readonly #teller: Teller;
  readonly #accounts: Account[] = [];
  readonly #onCommit: (kind: Kind) => void;
  #nextAccount: number;
  #nextMovement: number;

  constructor(teller: Teller, index: number, { accounts, movements }: Size, onCommit: (kind: Kind) => void) {
    this.#teller = teller;
    this.#onCommit = onCommit;
    for (let id = 1 + index; id <= accounts; id += WRITERS) this.#accounts.push({ id, saldo: INITIAL_SALDO });
    this.#nextAccount = accounts + 1 + index;
    this.#nextMovement = movements + 1 + index;
  }

  async run(stopped: AbortSignal): Promise<void> {
    for (let n = 0; !stopped.aborted; n++) await (n % (TRANSFERS + 1) < TRANSFERS ? this.#transfer() : this.#replace());
  }

  async #transfer(): Promise<void> {
    const [from, to] = [this.#pick(), this.#pick()];
    if (from === to) return;
    const importe = 1 + Math.floor(Math.random() * 50);
    const booked = [this.#book(from, -importe), this.#book(to, importe)] as const;
    await this.#teller.transfer([booked[0].movement, booked[1].movement]);
    for (const { index, account } of booked) this.#accounts[index] = account;
    this.#onCommit('transfer');
  }

  async #replace(): Promise<void> {
    const index = this.#pick();
    const old = this.#at(index);
    const account = { id: this.#nextAccount, saldo: old.saldo };
    this.#nextAccount += WRITERS;
    const share = Math.floor(old.saldo / FRESH_MOVEMENTS);
    const rest = old.saldo - share * (FRESH_MOVEMENTS - 1);
    const movements = Array.from({ length: FRESH_MOVEMENTS }, (_, n) => this.#movement(account.id, n === 0 ? rest : share));
    await this.#teller.replace(old.id, account, movements);
    this.#accounts[index] = account;
    this.#onCommit('replacement');
  }

  #book(index: number, importe: number): { index: number; account: Account; movement: Movement } {
    const { id, saldo } = this.#at(index);
    return { index, account: { id, saldo: saldo + importe }, movement: this.#movement(id, importe) };
  }

  #movement(cuenta: number, importe: number): Movement {
    const id = this.#nextMovement;
    this.#nextMovement += WRITERS;
    return { id, cuenta, importe };
  }

  #pick(): number {
    return Math.floor(Math.random() * this.#accounts.length);
  }

  #at(index: number): Account {
    const account = this.#accounts[index];
    if (account === undefined) throw new Error('a writer has no accounts');
    return account;
  }
}
