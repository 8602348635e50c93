import type { Column, Mode } from '@esclusa/contract';
import type { z } from 'zod';
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
  readonly columns: readonly Column[];
  readonly omittedColumns: readonly string[];
  readonly estimatedRows?: number;
  readonly estimatedBytes?: number;
  /** Starts reading; called at most once, and only when no other dataset of the session is being read. */
  read(): DatasetReader;
}

/** The data rows of one dataset as CSV bytes, without header, in chunks of any size; each is valid until the next is asked for. */
export interface DatasetReader extends AsyncIterable<Uint8Array> {
  /** Data rows handed out so far; may lag behind or be an estimate until the end, when it is exact. */
  rows(): number;
}

/** A connection that sees one point in time. */
export interface SourceSession<Dataset> {
  /** Server and version, for `check` and the manifest. */
  readonly info: Readonly<Record<string, unknown>>;
  /** The point in time, as the source tells it. */
  readonly snapshot: Readonly<Record<string, unknown>>;
  /** Every table or collection, for a job run by hand without a request. */
  list(): Promise<Record<string, Dataset>>;
  /** Finds a dataset. Rejects with `DATASET_NOT_FOUND`, `COLUMN_NOT_FOUND`, `QUERY_INVALID` or `SOURCE_REFUSED`. */
  plan(name: string, dataset: Dataset): Promise<PlannedDataset>;
  /** Ends what runs at the source and lets go of it; never rejects, and is done within seconds. */
  close(): Promise<void>;
}

/** A job: its name, how its datasets are written in a pipeline, and how it gets at them. */
export interface Job<Dataset> {
  readonly name: string;
  readonly version: string;
  readonly dataset: z.ZodType<Dataset>;
  connect(context: SourceContext): Promise<SourceSession<Dataset>>;
}
