import { type DatasetState, type Manifest, resourceOf } from '@esclusa/contract';
import { isUnreadable, parseJson } from '../bounded-json.ts';
import { GatewayError } from '../errors.ts';
import { MAX_BYTES, type TaggedObject } from './bucket.ts';
import type { Decision } from './decisions.ts';
import { type Owner, type StatesEntry, statesSchema } from './entries.ts';
import type { LedgerKeys } from './keys.ts';
import { type SealedStore, UntrustedEntry, undefinedIfUntrusted } from './sealed-store.ts';
import { statesProblem } from './state-bounds.ts';

/** An attempt that reads datasets in increments. */
export interface Claimant {
  readonly owner?: Owner | undefined;
  readonly run: string;
  readonly attempt: number;
  readonly commitKey: string;
  /** Names of the datasets. */
  readonly datasets: readonly string[];
}

/** What a claim came to: what the datasets have been read up to; or who reads them at the moment. */
export type Claimed =
  { readonly states: Readonly<Record<string, DatasetState>>; readonly by?: undefined } | { readonly by: Claimant; readonly states?: undefined };

/** The states after a change, or who keeps it from being made. */
type Changed = { readonly entry: StatesEntry; readonly by?: undefined } | { readonly by: Claimant; readonly entry?: undefined };

/** Decides nothing, and tells whether the attempt of a claim on a pipeline's states is decided. */
type DecisionOn = (pipeline: string, claimant: Claimant) => Promise<Decision | undefined>;

/**
 * How far incremental datasets were read, for each pipeline in one object that changes by conditional PUTs alone. An attempt must have it claimed before it reads, and one claims it at a time, on whatever gateway:
 * so nothing is read twice. What an attempt has read counts by its commit key and by nothing else: who comes next looks there what became of the claim, and takes the state from the manifest, whoever was killed when.
 */
export class States {
  readonly #store: SealedStore;
  readonly #keys: LedgerKeys;
  readonly #decisionOn: DecisionOn;

  constructor(store: SealedStore, keys: LedgerKeys, decisionOn: DecisionOn) {
    this.#store = store;
    this.#keys = keys;
    this.#decisionOn = decisionOn;
  }

  /** A pipeline's states as they are now; `by`: who has claimed them. */
  async read(pipeline: string): Promise<{ readonly datasets: StatesEntry['datasets']; readonly by: Claimant | undefined }> {
    const { datasets, claim } = await this.#entryOf(pipeline, await this.#store.tagged(this.#keys.states(pipeline), MAX_BYTES.states));
    return { datasets, by: claim };
  }

  /** Claims the states for an attempt; the same one may claim them again. One that claims has to have its commit key decided in the end. Rejects with `STATES_TOO_LARGE`. */
  async claim(pipeline: string, claimant: Claimant): Promise<Claimed> {
    const written = await this.#change(pipeline, async (entry) => {
      // One that is decided has nothing to claim any more: its run has ended, and is taken up once more to be cleared away. What it has left was taken in long ago, and others may have gone on from it.
      // Asked behind the reading of the object and before it is written: whoever goes on in between changes it, and this is asked again.
      if ((await this.#decisionOn(pipeline, claimant)) !== undefined) return entry;
      if (entry.claim !== undefined && !isSame(entry.claim, claimant)) return undefined;
      checkRoom(pipeline, Object.fromEntries(Object.entries(entry.datasets).filter(([name]) => !claimant.datasets.includes(name))));
      return { ...entry, claim: { ...claimant, datasets: [...claimant.datasets] } };
    });
    if (written.by !== undefined) return { by: written.by };
    const known = claimant.datasets.flatMap((name) => {
      const state = written.entry.datasets[name]?.state;
      return state === undefined ? [] : [[name, state] as const];
    });
    return { states: Object.fromEntries(known) };
  }

  /** Takes in what became of the claim on a pipeline's states, where its commit key is decided. */
  async settle(pipeline: string): Promise<void> {
    await this.#change(pipeline, async (entry) => entry);
  }

  /** Sets a dataset's state, or takes it away, so that it is read from the beginning; the claimant while somebody reads it. */
  async set(pipeline: string, dataset: string, state: DatasetState | undefined): Promise<Claimant | undefined> {
    const setState = async (entry: StatesEntry): Promise<StatesEntry | undefined> => {
      if (entry.claim !== undefined) return undefined;
      const { [dataset]: _, ...others } = entry.datasets;
      if (state === undefined) return { ...entry, datasets: others };
      const datasets = { ...others, [dataset]: { state, at: new Date().toISOString() } };
      checkRoom(pipeline, datasets);
      return { ...entry, datasets };
    };
    // Somebody who says where to go on is the mend of states that are not believed.
    const { by } = await this.#change(pipeline, setState, { refuseForged: false });
    return by;
  }

  /** Changes the object by what `change` makes of it; who has claimed it where it makes nothing. */
  async #change(
    pipeline: string,
    change: (entry: StatesEntry) => Promise<StatesEntry | undefined>,
    // Not begun anew by themselves: rows would be read twice, and nobody would know.
    { refuseForged }: { refuseForged: boolean } = { refuseForged: true },
  ): Promise<Changed> {
    const decide = async (there: TaggedObject | undefined, isForged: boolean) => {
      const entry = await this.#entryOf(pipeline, there).catch((error: unknown) => {
        if (refuseForged) throw error;
        undefinedIfUntrusted(error);
        return nothingRead(pipeline);
      });
      const next = await change(entry);
      if (next === undefined) {
        if (entry.claim === undefined) throw new Error(`the states of ${pipeline} are claimed by nobody and were refused`);
        return { text: undefined, told: { by: entry.claim } };
      }
      const text = JSON.stringify(next);
      if (Buffer.byteLength(text) > MAX_BYTES.states) throw new Error(`the states of ${pipeline} are larger than ${MAX_BYTES.states} bytes`);
      const isNothing = Object.keys(next.datasets).length === 0 && next.claim === undefined;
      const stays = text === there?.text || (there === undefined && !isForged && isNothing);
      return { text: stays ? undefined : text, told: { entry: next } };
    };
    return this.#store.change<Changed>(this.#keys.states(pipeline), decide, { maxBytes: MAX_BYTES.states, refuseForged });
  }

  /** What stands there, with what became of its claim. */
  async #entryOf(pipeline: string, there: TaggedObject | undefined): Promise<StatesEntry> {
    const entry = there === undefined ? nothingRead(pipeline) : readStates(this.#keys.states(pipeline), pipeline, there);
    return settled(entry, entry.claim === undefined ? undefined : await this.#decisionOn(pipeline, entry.claim));
  }
}

function nothingRead(pipeline: string): StatesEntry {
  return { version: 1, pipeline, datasets: {} };
}

function readStates(key: string, pipeline: string, { text }: TaggedObject): StatesEntry {
  try {
    const entry = statesSchema.parse(parseJson(text));
    if (entry.pipeline === pipeline) return entry;
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
  }
  throw new UntrustedEntry(key, "can't be understood");
}

/** The states after the claim on them was decided; pure. */
export function settled(entry: StatesEntry, decision: Decision | undefined): StatesEntry {
  const { claim, ...rest } = entry;
  if (claim === undefined || decision === undefined) return entry;
  return decision.state === 'committed' ? { ...rest, datasets: { ...entry.datasets, ...statesOf(decision.manifest, claim) } } : rest;
}

/** What a committed attempt has left; nothing of a dataset of which there was nothing to be read. */
function statesOf(manifest: Manifest, { datasets }: Claimant): StatesEntry['datasets'] {
  const { run, attempt, created: at } = manifest;
  const left = datasets.flatMap((name) => {
    const state = resourceOf(manifest, name)?.state;
    return state === undefined ? [] : [[name, { state, run, attempt, at }] as const];
  });
  return Object.fromEntries(left);
}

/** Throws if there is no room for what an attempt may leave beside these states. */
function checkRoom(pipeline: string, datasets: StatesEntry['datasets']): void {
  const problem = statesProblem(datasets);
  if (problem === undefined) return;
  const mend = `take away what the pipeline needs no more: DELETE /api/ingesta/${pipeline}/state/<dataset>`;
  throw new GatewayError('STATES_TOO_LARGE', `the states of "${pipeline}" are too large: ${problem}; ${mend}`);
}

function isSame(one: Claimant, other: Claimant): boolean {
  return one.run === other.run && one.attempt === other.attempt;
}
