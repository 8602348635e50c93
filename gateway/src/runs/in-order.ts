import { within } from '../within.ts';

const PATIENCE_MS = 5_000;

/** A turn among those that joined. */
export interface OrderedTurn {
  /** Resolves once all that joined before have left, or have taken too long. */
  readonly come: () => Promise<void>;
  /** Lets those behind go on. */
  readonly leave: () => void;
}

/** Keeps those who do something of unknown length in the order in which they began; who takes long holds the others up for a while only. */
export class InOrder {
  #before: Promise<unknown> = Promise.resolve();

  join(): OrderedTurn {
    const before = this.#before;
    const left = Promise.withResolvers<void>();
    this.#before = Promise.all([before, left.promise]);
    return { come: async () => void (await within(PATIENCE_MS, before)), leave: left.resolve };
  }
}
