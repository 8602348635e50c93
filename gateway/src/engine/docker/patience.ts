import { engineError, isUnreachable } from './failure.ts';

/** Bears with a daemon that doesn't answer, but not for ever. */
export class Patience {
  readonly #limitMs: number;
  #since: number | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** The daemon answered. */
  reached(): void {
    this.#since = undefined;
  }

  /** The daemon failed; throws `ENGINE_UNREACHABLE` once that has gone on for too long. Other refusals count as an answer. */
  failed(error: unknown): void {
    if (!isUnreachable(error)) return this.reached();
    this.#since ??= performance.now();
    if (performance.now() - this.#since >= this.#limitMs) throw engineError(error, 'following a container');
  }
}
