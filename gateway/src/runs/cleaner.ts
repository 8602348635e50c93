import type { Logger } from 'pino';
import { z } from 'zod';
import type { AttemptFound, Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isKept, readKeepLabels } from './keep.ts';
import { ATTEMPT_LABELS } from './plan.ts';

/** What cleaning up needs. */
export interface CleanerServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly installation: string;
  readonly log: Logger;
}

const STOP_GRACE_SECONDS = 1;
// A check or plan is bounded by its own clock; another gateway may be waiting for its answer until then.
const QUESTION_SECONDS = 120;
const labelsSchema = z.object({
  [ATTEMPT_LABELS.commitKey]: z.string().optional(),
  [ATTEMPT_LABELS.keys]: z
    .string()
    .transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)))
    .optional(),
});

/** Removes containers of this installation that nobody needs any more, with what they may have left; kept ones once their time is over. */
export class Cleaner {
  readonly #services: CleanerServices;

  constructor(services: CleanerServices) {
    this.#services = services;
  }

  /** Removes those of `containers` whose run has ended, as a gateway that was killed leaves them. `isOpen` says which runs have not. */
  async removeEnded(containers: readonly AttemptFound[], isOpen: (run: string) => boolean): Promise<void> {
    for (const container of containers) {
      const age = (Date.now() - container.createdAt.getTime()) / 1_000;
      const needed = container.mode === 'run' ? isOpen(container.run) : age < QUESTION_SECONDS;
      if (needed || (await this.#isKept(container))) continue;
      await this.#remove(container);
    }
  }

  async #isKept({ state, labels }: AttemptFound): Promise<boolean> {
    const mark = readKeepLabels(labels);
    if (mark === undefined || state !== 'ended' || mark.until.getTime() <= Date.now()) return false;
    const commitKey = labels[ATTEMPT_LABELS.commitKey];
    const decision = commitKey === undefined ? undefined : await this.#services.ledger.decisionAt(commitKey);
    return isKept(mark.which, decision?.state === 'committed');
  }

  async #remove(container: AttemptFound): Promise<void> {
    const { engine, ledger, installation, log } = this.#services;
    const found = await engine.adopt(container, installation, { stdout: () => {}, stderr: () => {} });
    if (found === undefined) return;
    log.info({ run: container.run, container: found.name }, 'removing a container whose run has ended');
    await found.stop(STOP_GRACE_SECONDS);
    const labels = labelsSchema.safeParse(container.labels).data;
    const { [ATTEMPT_LABELS.commitKey]: commitKey, [ATTEMPT_LABELS.keys]: keys } = labels ?? {};
    if (container.mode === 'run' && commitKey !== undefined && keys !== undefined) {
      // It may have been started twice, or after its run had ended: then nobody else knows what it has left.
      const attempt = { run: container.run, attempt: container.attempt, commitKey, keys };
      const { state } = await ledger.settle(attempt, 'RUN_ENDED');
      await ledger.sweep(attempt, container.createdAt, state);
    }
    await found.remove();
  }
}
