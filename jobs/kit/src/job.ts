import type { DatasetState, Mode, Snapshot } from '@esclusa/contract';
import type { z } from 'zod';
import type { SourceColumn } from './columns/value-type.ts';
import type { Losses } from './losses.ts';
import type { DatasetOptions } from './options/dataset-options.ts';
import type { PlannedIncrement } from './options/incremental.ts';
import type { JobOutput } from './output.ts';

/** Settings of a job by variable name: the container's environment and the secrets, merged. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** What a job's source is given to connect. */
export interface SourceContext {
  readonly settings: Settings;
  /** What is asked for: where planning would cost a pass over the data, only `run` is worth it. */
  readonly mode: Mode;
  /** `esclusa <run>/<attempt>`: shown at the source, so that its operators see whose query runs. */
  readonly applicationName: string;
  /** Aborted with the first cause when the job has to stop. */
  readonly signal: AbortSignal;
  readonly output: JobOutput;
}

/** A dataset that was found at the source and may be read. */
export interface PlannedDataset {
  readonly columns: readonly SourceColumn[];
  readonly omittedColumns: readonly string[];
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
  /** Names of the columns that tell its rows apart, where the source says so and all of them are read. */
  readonly key?: readonly string[];
  /** Whether the source has no schema, so that columns are what the values make them, and known only when these are read. */
  readonly schemaless?: boolean;
  /** Which part of it is read, where it is read in increments. */
  readonly increment?: PlannedIncrement;
  /** What the source is asked, in its own language, for people. */
  readonly query?: string;
  /** Starts reading; called at most once, and only when no other dataset of the session is being read. Conversions that lose something are told to `losses`. */
  read(losses: Losses): DatasetReader;
}

/** The data rows of one dataset as CSV bytes, without header, in chunks of any size; each is valid until the next is asked for. */
export interface DatasetReader extends AsyncIterable<Uint8Array> {
  /** Data rows handed out so far; may lag behind or be an estimate until the end, when it is exact. */
  rows(): number;
  /** The columns with what is known of them only after the end; the same ones in the same order. */
  columns?(): readonly ReadColumn[];
}

/** A column whose values have told what they are. */
export interface ReadColumn extends SourceColumn {
  /** Values that types of other systems have no room for, where only the source can count them (csv/special.ts). */
  readonly special?: number;
  /** Rows that have no such field, which is NULL in the file like a null. */
  readonly missing?: number;
}

/** A connection that sees one point in time. */
export interface SourceSession<Dataset> {
  /** Server and version, for `check` and the manifest. */
  readonly info: Readonly<Record<string, unknown>>;
  /** The point in time, as the source tells it. */
  readonly snapshot: Readonly<Snapshot>;
  /** Every table or collection, for a job run by hand without a request. */
  list(): Promise<Record<string, Dataset>>;
  /** Finds a dataset; `state` is what the run before has left of one that is read in increments. Rejects with `DATASET_NOT_FOUND`, `COLUMN_NOT_FOUND`, `QUERY_INVALID`, `STATE_INVALID` or `SOURCE_REFUSED`. */
  plan(name: string, dataset: Dataset, state?: DatasetState): Promise<PlannedDataset>;
  /** Ends what runs at the source and lets go of it; never rejects, and is done within seconds. */
  close(): Promise<void>;
}

/** A job: its name, how its datasets are written in a pipeline, and how it gets at them. */
export interface Job<Dataset extends DatasetOptions> {
  readonly name: string;
  readonly version: string;
  readonly dataset: z.ZodType<Dataset>;
  connect(context: SourceContext): Promise<SourceSession<Dataset>>;
}
