import type { Engine } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import type { Owner } from '../ledger/entries.ts';

/** Who this gateway works for: its installation on the engine's host. */
export class Owning {
  readonly installation: string;
  readonly #engine: Engine;
  #identity: string | undefined;

  constructor(engine: Engine, installation: string) {
    this.#engine = engine;
    this.installation = installation;
  }

  /** Rejects with `ENGINE_UNREACHABLE` until the engine has said once who it is. */
  async owner(): Promise<Owner> {
    if (this.#identity === undefined) {
      const { identity, problem } = await this.#engine.health();
      if (identity === undefined) throw new GatewayError('ENGINE_UNREACHABLE', problem ?? 'the engine does not answer');
      this.#identity = identity;
    }
    return { installation: this.installation, engine: this.#identity };
  }
}
