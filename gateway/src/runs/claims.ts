import { GatewayError } from '../errors.ts';
import type { Claim, OpenRun, Owner } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { UntrustedEntry } from '../ledger/sealed-store.ts';
import { RunHandle } from './handle.ts';
import { type Submission, claimHash, fingerprint } from './submission.ts';

/** A run that may be accepted: a new one, which has its place in the waiting room already, or one that is there and is joined. */
export interface Admitted {
  readonly handle: RunHandle;
  readonly run: OpenRun;
  readonly isNew: boolean;
}

/** How a claim becomes a run. */
export interface Acceptance {
  /** Throws when there is no room. */
  admit(): Admitted;
  /** Takes an admission back. */
  turnAway(admitted: Admitted): void;
  /** Accepts a run durably. */
  accept(admitted: Admitted): Promise<RunHandle>;
  /** Accepts a run that somebody else had claimed the key for; doing so twice is harmless. */
  finish(run: OpenRun): Promise<RunHandle>;
  /** A run that is open. */
  find(run: string): Promise<RunHandle | undefined>;
}

/** Sees to it that an idempotency key leads to one run: across callers that come at once, gateways, and restarts. */
export class Claims {
  readonly #ledger: Ledger;
  readonly #underway = new Map<string, { asked: string; handle: Promise<RunHandle> }>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The run of a key. Rejects with `IDEMPOTENCY_KEY_REUSED` when something else was asked under it. */
  async once(submission: Submission, owner: Owner, acceptance: Acceptance): Promise<RunHandle> {
    const hash = claimHash(submission);
    const asked = fingerprint(submission);
    // Many at once are one question to S3, and one place in the waiting room.
    let underway = this.#underway.get(hash);
    if (underway === undefined) {
      const handle = this.#resolve(submission, hash, asked, owner, acceptance).finally(() => this.#underway.delete(hash));
      underway = { asked, handle };
      this.#underway.set(hash, underway);
    }
    if (underway.asked !== asked) throw reused();
    return underway.handle;
  }

  async #resolve({ pipeline: { name: pipeline } }: Submission, hash: string, asked: string, owner: Owner, acceptance: Acceptance): Promise<RunHandle> {
    const earlier = await this.#ledger.claimed(owner, hash);
    if (earlier !== undefined) return this.#runOf(earlier, asked, pipeline, acceptance);
    const admitted = acceptance.admit();
    const { run: open } = admitted;
    let claim: Claim;
    try {
      claim = await this.#ledger.claim(owner, hash, { version: 1, fingerprint: asked, open });
    } catch (error) {
      acceptance.turnAway(admitted);
      throw error;
    }
    if (claim.open.run === open.run) return acceptance.accept(admitted);
    acceptance.turnAway(admitted);
    return this.#runOf(claim, asked, pipeline, acceptance);
  }

  async #runOf({ fingerprint: asked, open }: Claim, wanted: string, pipeline: string, acceptance: Acceptance): Promise<RunHandle> {
    if (asked !== wanted) throw reused();
    // An entry without a seal may name any run.
    if (open.pipeline !== pipeline) throw new UntrustedEntry(`of the idempotency key for run ${open.run}`, 'stands for a run of another pipeline');
    const found = await acceptance.find(open.run);
    if (found !== undefined) return found;
    // In this order: a run that ends has its final entry before the open one goes.
    const ended = await this.#ledger.endedRun(open.run);
    if (ended !== undefined && ended.pipeline === pipeline) {
      const over = new RunHandle(open.owner, this.#ledger.placeOf(open), new Date(open.acceptedAt), open);
      over.ended(ended);
      return over;
    }
    // Whoever claimed the key did not come to accept the run. Should it still do so, it is the same entry.
    return acceptance.finish(open);
  }
}

function reused(): GatewayError {
  return new GatewayError(
    'IDEMPOTENCY_KEY_REUSED',
    'this Idempotency-Key was used for another request; use a new key for each new request, and the same one only to repeat it',
    { details: { field: 'Idempotency-Key' } },
  );
}
