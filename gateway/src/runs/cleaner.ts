import type { Logger } from 'pino';
import { z } from 'zod';
import type { AttemptFound, Engine } from '../engine/engine.ts';
import type { Owner } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { undefinedIfUntrusted } from '../ledger/sealed-store.ts';
import { isKept, readKeepLabels } from './keep.ts';
import { ATTEMPT_LABELS } from './plan.ts';
import { UPLOADS_AT_ONCE } from './sweeper.ts';

/** What cleaning up needs. */
export interface CleanerServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly installation: string;
  readonly log: Logger;
}

const STOP_GRACE_SECONDS = 1;
// Any caller may ask for it.
const MAX_KEPT = 20;
// A check or plan is bounded by its own clock; another gateway may be waiting for its answer until then.
const QUESTION_SECONDS = 120;
// A gateway that was given another LEDGER_KEY by mistake must not end what runs; but nothing runs for ever.
const UNKNOWN_SECONDS = 86_400;
const labelsSchema = z.object({
  [ATTEMPT_LABELS.commitKey]: z.string().optional(),
  [ATTEMPT_LABELS.keys]: z
    .string()
    .transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)))
    .optional(),
});

/** Knowledge about the runs of containers. */
export interface OpenRuns {
  /** Returns true if the run has not ended. */
  readonly isOpen: (run: string) => boolean;
  /** Returns true if the queue holds an entry for the run that is not believed. */
  readonly isUnknown: (run: string) => boolean;
}

/** Removes containers of this installation that nobody needs any more, with what they may have left; kept ones once their time is over, or newer ones are as many as may be. */
export class Cleaner {
  readonly #services: CleanerServices;

  constructor(services: CleanerServices) {
    this.#services = services;
  }

  /** Removes those of `containers` whose run has ended, as a gateway that was killed leaves them. */
  async removeEnded(owner: Owner, containers: readonly AttemptFound[], { isOpen, isUnknown }: OpenRuns): Promise<void> {
    const newestFirst = containers.toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
    let kept = 0;
    for (const container of newestFirst) {
      const age = (Date.now() - container.createdAt.getTime()) / 1_000;
      const isRun = isOpen(container.run) || (isUnknown(container.run) && age < UNKNOWN_SECONDS);
      const needed = container.mode === 'run' ? isRun : age < QUESTION_SECONDS;
      if (needed) continue;
      if (kept < MAX_KEPT && (await this.#isKept(container))) kept++;
      else await this.#remove(owner, container);
    }
  }

  async #isKept({ run, attempt, state, labels }: AttemptFound): Promise<boolean> {
    const mark = readKeepLabels(labels);
    if (mark === undefined || state !== 'ended' || mark.until.getTime() <= Date.now()) return false;
    const ended = await this.#services.ledger.endedRun(run).catch(undefinedIfUntrusted);
    return isKept(mark.which, ended?.attempts.find((report) => report.attempt === attempt)?.state === 'committed');
  }

  async #remove(owner: Owner, container: AttemptFound): Promise<void> {
    const { engine, ledger, installation, log } = this.#services;
    const found = await engine.adopt(container, installation, { stdout: () => {}, stderr: () => {} });
    if (found === undefined) return;
    log.info({ run: container.run, container: found.name }, 'removing a container whose run has ended');
    await found.stop(STOP_GRACE_SECONDS);
    const labels = labelsSchema.safeParse(container.labels).data;
    const { [ATTEMPT_LABELS.commitKey]: commitKey, [ATTEMPT_LABELS.keys]: keys } = labels ?? {};
    if (container.mode === 'run' && commitKey !== undefined && keys !== undefined) {
      // It may have been started twice, or after its run had ended: then nobody else knows what it has left.
      const attempt = { owner, run: container.run, attempt: container.attempt, commitKey, keys };
      const { state } = await ledger.settleAfterEnd(attempt, 'RUN_ENDED');
      // The container stays while there is more: its labels are how the next pass finds the rest.
      if (!(await ledger.sweep(attempt, container.createdAt, state, UPLOADS_AT_ONCE)).isWhole) return;
    }
    await found.remove();
  }
}
