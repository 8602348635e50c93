import { GatewayError } from '../errors.ts';
import { Turns } from '../turns.ts';

/** Every bound of what comes in by HTTP, in one place. Milliseconds and bytes. */
export const BOUNDS = {
  /** Open at once, unless the waiting room is larger: see {@link connectionsFor}. */
  connections: 1_000,
  /** For those who do not wait for a run, beside a large waiting room. */
  spareConnections: 200,
  /** A socket that has said nothing yet, and a reader that takes nothing. */
  silenceMs: 30_000,
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 5_000,
  /** Between two requests of one connection. */
  idleMs: 5_000,
  /** Requests of one connection that have no answer yet. */
  pipelined: 16,
  bodyBytes: 64 * 1024,
  /** Bodies of all requests that have no answer yet. */
  allBodyBytes: 16 * 1024 * 1024,
  /** Logs and events that are being sent, and POSTs that wait. */
  perCaller: 20,
  inAll: 200,
  /** Bytes that one reader of a stream may be behind, and all readers together. */
  behindBytes: 256 * 1024,
  allBehindBytes: 16 * 1024 * 1024,
  /** Bytes of all answers that nobody has taken yet, beyond which nothing more is read out. */
  allUnsentBytes: 24 * 1024 * 1024,
} as const;

/** Bounds that protect the gateway from too many streams, waiting callers and unread bytes at once. */
export interface HttpBounds {
  /** For logs and events. */
  readonly streams: Places;
  /** For POSTs that wait for their run. */
  readonly waiters: Places;
  /** Bytes that readers of streams have not taken yet. */
  readonly behind: Budget;
  /** For requests, and for pieces of logs. */
  readonly turns: Turns;
}

/** The bounds of a gateway in which so many runs may be open: each of them may have somebody who waits. */
export function httpBounds(openRuns: number): HttpBounds {
  return {
    streams: new Places(BOUNDS.perCaller, BOUNDS.inAll),
    waiters: new Places(Math.max(BOUNDS.perCaller, openRuns), Math.max(BOUNDS.inAll, openRuns)),
    behind: new Budget(BOUNDS.allBehindBytes),
    turns: new Turns(),
  };
}

/** Connections of a gateway in which so many runs may be open. */
export function connectionsFor(openRuns: number): number {
  return Math.max(BOUNDS.connections, openRuns + BOUNDS.spareConnections);
}

/** Places that callers take and give back: so many each, so many in all. */
export class Places {
  readonly #perCaller: number;
  readonly #inAll: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(perCaller: number, inAll: number) {
    this.#perCaller = perCaller;
    this.#inAll = inAll;
  }

  /** Takes one; returns what gives it back, or undefined when there is none. */
  take(caller: string): (() => void) | undefined {
    const taken = this.#taken.get(caller) ?? 0;
    if (taken >= this.#perCaller || this.#all >= this.#inAll) return undefined;
    this.#taken.set(caller, taken + 1);
    this.#all++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#all--;
      const left = (this.#taken.get(caller) ?? 1) - 1;
      if (left === 0) this.#taken.delete(caller);
      else this.#taken.set(caller, left);
    };
  }
}

/** Bytes that many share. */
export class Budget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes so many, or none when there are not as many left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** The answer to whoever comes while all places are taken. */
export function tooMany(what: string, retryAfterSeconds: number): GatewayError {
  return new GatewayError('TOO_MANY_REQUESTS', `${what}; nothing was begun, try again later`, { details: { retryAfterSeconds } });
}
