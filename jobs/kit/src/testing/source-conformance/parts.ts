import { setTimeout as sleep } from 'node:timers/promises';
import type { DatasetReader, Job, PlannedDataset, SourceContext, SourceSession } from '../../job.ts';
import { Losses } from '../../losses.ts';
import type { DatasetOptions } from '../../options/dataset-options.ts';
import { oneFile } from '../one-file.ts';
import { writeCsv } from '../../write-csv.ts';
import { readCsv } from '../read-csv.ts';

/** What the suite puts into a table: integers and text, with which every source can do something. */
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** What a source brings to the suite: its job, and a real server that only the suite uses. */
export interface SourceParts<Dataset extends DatasetOptions> {
  readonly job: Job<Dataset>;
  /** Settings that reach a database of the server from this process. */
  settings(database: string): Record<string, string>;
  /** Names of the settings that the suite changes. */
  readonly variables: { readonly host: string; readonly port: string; readonly password: string };
  /** A new, empty database. */
  createDatabase(): Promise<string>;
  /** A new table or collection; `columns` are its names, `integers` those of them that hold integers. */
  createTable(database: string, table: string, columns: readonly string[], integers: readonly string[]): Promise<void>;
  insert(database: string, table: string, rows: Iterable<Row>): Promise<void>;
  /** Deletes every row. */
  empty(database: string, table: string): Promise<void>;
  /** The dataset of a table, with these of its columns (by default: all). */
  dataset(table: string, columns?: readonly string[]): Dataset;
  /** A dataset that the server works on for a minute before its first row; `table` has two thousand rows. */
  slowDataset(table: string): Dataset;
  /** Whether a wanted column that is not there is refused; a source without a schema gives NULLs instead. */
  readonly missingColumn: 'refused' | 'null';
  /** Most columns that a table of the server can have, where that is less than a thousand. */
  readonly mostColumns?: number;
  /** Names that its users could give, with quotes, commas, line ends, the server's own quoting characters. */
  readonly hostile: { readonly table: string; readonly columns: readonly string[] };
  /** Queries and cursors that the server still holds for a client of this application name. */
  active(applicationName: string): Promise<number>;
  /** SIGKILL for the whole server. */
  kill(): Promise<void>;
  /** Starts it again, and resolves when it answers. */
  restart(): Promise<void>;
  cleanUp(): Promise<void>;
}

/** A session that the suite has opened, and how it is told to stop. */
export interface Opened<Dataset> {
  readonly session: SourceSession<Dataset>;
  readonly stop: AbortController;
  readonly applicationName: string;
}

let names = 0;

/** Opens sessions of one test file and closes them after each test. */
export class Bench<Dataset extends DatasetOptions> {
  readonly #parts: () => SourceParts<Dataset>;
  readonly #open: SourceSession<Dataset>[] = [];

  constructor(parts: () => SourceParts<Dataset>) {
    this.#parts = parts;
  }

  get parts(): SourceParts<Dataset> {
    return this.#parts();
  }

  /** A session on a database, with other settings if need be. */
  async open(database: string, settings: Readonly<Record<string, string>> = {}): Promise<Opened<Dataset>> {
    const stop = new AbortController();
    const applicationName = `esclusa conformance-${process.pid}-${names++}/1`;
    const output = { log: () => undefined, progress: () => undefined, final: async () => undefined };
    const context: SourceContext = { settings: { ...this.parts.settings(database), ...settings }, mode: 'run', applicationName, signal: stop.signal, output };
    const session = await this.parts.job.connect(context);
    this.#open.push(session);
    return { session, stop, applicationName };
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((session) => session.close()));
  }

  /** A new database with one table. */
  async table(table: string, rows: Iterable<Row>, columns = ['id', 'texto']): Promise<string> {
    const database = await this.parts.createDatabase();
    await this.add(database, table, rows, columns);
    return database;
  }

  /** One more table. */
  async add(database: string, table: string, rows: Iterable<Row>, columns = ['id', 'texto']): Promise<void> {
    await this.parts.createTable(database, table, columns, ['id']);
    await this.parts.insert(database, table, rows);
  }

  /** Plans a table of a session, with the named columns. */
  plan({ session }: Opened<Dataset>, table: string, columns?: readonly string[]): Promise<PlannedDataset> {
    return session.plan('dataset', this.parts.dataset(table, columns));
  }

  /** Everything that a dataset gives, as a strict parser reads it. */
  async read(plan: PlannedDataset): Promise<{ header: string[]; records: (string | null)[][]; rows: number }> {
    const chunks: Uint8Array[] = [];
    // Copied, as the sink does: a source may use its buffer again.
    const { rows } = await writeCsv(
      'dataset',
      plan,
      new Losses('dataset', false),
      oneFile(async (chunk) => void chunks.push(Buffer.from(chunk))),
    );
    return { ...readCsv(Buffer.concat(chunks).toString('utf8')), rows };
  }

  /** Waits until the server holds nothing more for a client. */
  async untilIdle(applicationName: string): Promise<void> {
    await eventually('the server to let go', async () => (await this.parts.active(applicationName)) === 0);
  }
}

/** Waits until a condition holds. */
export async function eventually(what: string, condition: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !(await condition()); await sleep(50)) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
  }
}

/** Reads to the end and throws the chunks away; for datasets that are too large to keep. */
export async function drain(reader: DatasetReader): Promise<{ bytes: number; rows: number }> {
  let bytes = 0;
  for await (const chunk of reader) bytes += chunk.byteLength;
  return { bytes, rows: reader.rows() };
}

/** The code that a promise is rejected with; a success or another error shows as such. */
export async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code: code ?? 'no code', message };
  }
  return { code: 'no error', message: '' };
}

/** Records in the order of their first column, an integer. */
export function byId(records: readonly (string | null)[][]): (string | null)[][] {
  return records.toSorted((a, b) => Number(a[0]) - Number(b[0]));
}

/** `count` rows with an id and a text of `length` characters that no compression makes small. */
export function* rows(count: number, length = 8): Generator<Row> {
  for (let id = 1; id <= count; id++) yield { id, texto: `${id}:`.padEnd(length, 'abcdefghij') };
}
