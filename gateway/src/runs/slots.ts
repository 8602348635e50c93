/** What a run must show to get a place: who it is, and which others it must leave room for. */
export interface Ticket {
  readonly run: string;
  /** Runs with the same one read the same database. */
  readonly source: string;
  /** How many of that source may go on at once, this one included; undefined for as many as there are places. */
  readonly concurrency: number | undefined;
}

interface Waiting {
  readonly ticket: Ticket;
  readonly resolve: (release: () => void) => void;
  readonly reject: (reason: LeftLine) => void;
}

/** Somebody was taken out of line. */
export class LeftLine extends Error {
  constructor() {
    super('taken out of line');
    this.name = 'LeftLine';
  }
}

/**
 * Places for runs: so many in all, and so many per source as a run's own limit says. The oldest that may go is next, by its id,
 * which sorts by time: so the order is the same after a restart, and one that comes back for another attempt keeps its turn.
 */
export class Slots {
  readonly #size: number;
  readonly #onRelease: (seconds: number) => void;
  readonly #waiting: Waiting[] = [];
  readonly #going = new Map<string, number>();
  #taken = 0;
  #closed = false;
  readonly #whenIdle: (() => void)[] = [];

  /** `onRelease` is told, each time a place is given back, how long it was taken. */
  constructor(size: number, onRelease: (seconds: number) => void = () => {}) {
    this.#size = size;
    this.#onRelease = onRelease;
  }

  /** Places taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Runs that wait for one. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many stand before a run in line; undefined when it does not wait. */
  position(run: string): number | undefined {
    const index = this.#waiting.findIndex(({ ticket }) => ticket.run === run);
    return index === -1 ? undefined : index;
  }

  /** Waits for a place; resolves with what gives it back. Rejects when {@link leave} or {@link close} takes it out of line. */
  async take(ticket: Ticket): Promise<() => void> {
    if (this.#closed) throw new LeftLine();
    return new Promise((resolve, reject) => {
      // Most come last, so the search begins there.
      let at = this.#waiting.length;
      while (at > 0 && (this.#waiting[at - 1]?.ticket.run ?? '') > ticket.run) at--;
      this.#waiting.splice(at, 0, { ticket, resolve, reject });
      this.#next();
    });
  }

  /** Takes a run out of line, if it stands there. */
  leave(run: string): void {
    const at = this.position(run);
    if (at !== undefined) for (const { reject } of this.#waiting.splice(at, 1)) reject(new LeftLine());
  }

  /** Gives no more places, and takes everybody out of line. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new LeftLine());
  }

  /** Resolves once no place is taken. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #next(): void {
    for (let at = 0; at < this.#waiting.length && this.#taken < this.#size;) {
      const waiting = this.#waiting[at];
      if (waiting === undefined || !this.#hasRoom(waiting.ticket)) {
        at++;
        continue;
      }
      this.#waiting.splice(at, 1);
      waiting.resolve(this.#occupy(waiting.ticket.source));
    }
  }

  #hasRoom({ source, concurrency }: Ticket): boolean {
    return concurrency === undefined || (this.#going.get(source) ?? 0) < concurrency;
  }

  #occupy(source: string): () => void {
    this.#taken++;
    this.#going.set(source, (this.#going.get(source) ?? 0) + 1);
    const since = performance.now();
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#onRelease((performance.now() - since) / 1_000);
      this.#taken--;
      const left = (this.#going.get(source) ?? 1) - 1;
      if (left === 0) this.#going.delete(source);
      else this.#going.set(source, left);
      this.#next();
      if (this.#taken === 0) for (const tell of this.#whenIdle.splice(0)) tell();
    };
  }
}
