import { cursorOf, type History } from '../ledger/history.ts';
import type { Reconciler } from './reconciler.ts';
import type { Runs } from './runs.ts';
import { FINAL_STATES, type RunState } from './state.ts';

/** Which runs are wanted. */
export interface ListingQuery {
  readonly pipeline: string | undefined;
  readonly states: ReadonlySet<RunState> | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A run as a list shows it. */
export interface ListedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly acceptedAt: Date;
  readonly endedAt?: Date;
}

/** What a cursor looks like; it becomes part of a key in S3. */
export const CURSOR = /^[0-9a-f]{12}\.[0-9a-f-]{36}~$/;

/** Lists runs, newest first: open ones as this gateway knows them, ended ones from the ledger's index. */
export class Listing {
  readonly #runs: Runs;
  readonly #history: History;
  readonly #reconciler: Reconciler;

  constructor(runs: Runs, history: History, reconciler: Reconciler) {
    this.#runs = runs;
    this.#history = history;
    this.#reconciler = reconciler;
  }

  /** One page. `next` is a cursor; undefined when there are no more. */
  async page(query: ListingQuery): Promise<{ runs: ListedRun[]; next: string | undefined }> {
    // Until the queue was read once, this gateway does not know what its predecessor left.
    await this.#reconciler.ready;
    const { states, after, limit } = query;
    // In this order: one that ends in between is seen twice and not missed.
    const open = this.#open(query);
    const wantsEnded = states === undefined || FINAL_STATES.some((state) => states.has(state));
    const history = wantsEnded ? await this.#history.page({ ...query, states, after }) : { runs: [], next: undefined };
    const ended = new Set(history.runs.map(({ run }) => run));
    // What lies beyond a page of the index that is not the last one comes with a later page.
    const bound = history.next;
    const shown = open.filter((listed) => !ended.has(listed.run) && (bound === undefined || cursorOf(listed) <= bound));
    const all: ListedRun[] = [...history.runs, ...shown].toSorted((a, b) => (cursorOf(a) < cursorOf(b) ? -1 : 1));
    const runs = all.slice(0, limit);
    const last = runs.at(-1);
    if (all.length > limit && last !== undefined) return { runs, next: cursorOf(last) };
    return { runs, next: bound };
  }

  #open({ pipeline, states, since, until, after }: ListingQuery): ListedRun[] {
    return this.#runs
      .list()
      .map((handle) => ({
        run: handle.run,
        pipeline: handle.entry.pipeline,
        state: handle.state,
        acceptedAt: new Date(handle.timeline[0]?.at ?? 0),
        ...(handle.result === undefined ? {} : { endedAt: new Date(handle.result.endedAt) }),
      }))
      .filter(
        (listed) =>
          (pipeline === undefined || listed.pipeline === pipeline) &&
          (states === undefined || states.has(listed.state)) &&
          (since === undefined || listed.acceptedAt >= since) &&
          (until === undefined || listed.acceptedAt < until) &&
          (after === undefined || cursorOf(listed) > after),
      );
  }
}
