import type { Logger } from 'pino';
import type { AttemptFound, Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isKept, readKeepLabels } from './keep.ts';

/** What cleaning up needs. */
export interface CleanerServices {
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly installation: string;
  readonly log: Logger;
}

const COMMIT_KEY_LABEL = 'esclusa.commit-key';
const STOP_GRACE_SECONDS = 1;

/** Removes containers of this installation that nobody needs any more; those that are kept only once their time is over. */
export class Cleaner {
  readonly #services: CleanerServices;
  readonly #isDriven: (run: string) => boolean;

  /** `isDriven` says whether this gateway is busy with a run, whose containers are then left alone. */
  constructor(services: CleanerServices, isDriven: (run: string) => boolean) {
    this.#services = services;
    this.#isDriven = isDriven;
  }

  /** Removes those of `containers` whose run has ended, as a gateway that was killed leaves them. */
  async removeEnded(containers: readonly AttemptFound[]): Promise<void> {
    for (const container of containers) {
      if (this.#isDriven(container.run) || (container.mode === 'run' && (await this.#services.ledger.isOpen(container.run)))) continue;
      if (await this.#isKept(container)) continue;
      await this.#remove(container, 'removing a container whose run has ended');
    }
  }

  /** Removes kept containers whose time is over. */
  async removeExpired(): Promise<void> {
    const { engine, installation } = this.#services;
    for (const container of await engine.list(installation)) {
      const mark = readKeepLabels(container.labels);
      if (mark === undefined || mark.until.getTime() > Date.now() || container.state !== 'ended' || this.#isDriven(container.run)) continue;
      await this.#remove(container, 'removing a container that was kept long enough');
    }
  }

  async #isKept({ state, labels }: AttemptFound): Promise<boolean> {
    const mark = readKeepLabels(labels);
    if (mark === undefined || state !== 'ended' || mark.until.getTime() <= Date.now()) return false;
    const commitKey = labels[COMMIT_KEY_LABEL];
    const decision = commitKey === undefined ? undefined : await this.#services.ledger.decisionAt(commitKey);
    return isKept(mark.which, decision?.state === 'committed');
  }

  async #remove(container: AttemptFound, why: string): Promise<void> {
    const { engine, installation, log } = this.#services;
    const found = await engine.adopt(container, installation, { stdout: () => {}, stderr: () => {} });
    if (found === undefined) return;
    log.info({ run: container.run, container: found.name }, why);
    await found.stop(STOP_GRACE_SECONDS);
    await found.remove();
  }
}
