import { COMPRESSIONS, type Compression } from '@esclusa/contract';
import type { LabContainers } from '../../scripts/lib/containers.ts';
import type { Log } from '../../scripts/setup/command.ts';
import type { Table } from '../data/tables.ts';
import type { Peer } from '../peers/peer.ts';
import type { ToolSource } from '../peers/python.ts';

/** What is read from: a server with data, or one that only replays it. */
export const SOURCE_NAMES = ['postgresql', 'mysql', 'mariadb', 'mongodb', 'mongodb_replay'] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** A source that runs in the lab with its tables. */
export interface StartedSource {
  readonly version: string;
  /** The client that the database comes with, where it can be had. */
  readonly peers: readonly Peer[];
  /** Why it can't be had, by its name. */
  readonly missing: Readonly<Record<string, string>>;
  /** Where tools reach it, if they know it. */
  readonly tools?: ToolSource;
  /** The pipeline that extracts one table as a dataset of the same name, that way. */
  pipeline(table: Table, way: OurWay): object;
  stop(): Promise<void>;
}

/** How a source is started and filled. */
export type StartSource = (lab: LabContainers, tables: readonly Table[], log: Log) => Promise<StartedSource>;

/** Sources whose job reads a table by several connections at once. */
const PARALLEL: ReadonlySet<SourceName> = new Set(['postgresql', 'mysql', 'mariadb']);

/** How ours reads and writes a table, in the words of a dataset. */
export interface OurWay {
  readonly readers: number;
  readonly compression?: Compression;
  /** CSV without it. */
  readonly format?: 'parquet';
}

/** The ways that are measured with a source, the first without anything. */
export function waysOf(name: SourceName, compressed: boolean, format?: 'parquet'): readonly OurWay[] {
  const readers = PARALLEL.has(name) ? [1, 2] : [1];
  if (format !== undefined) return readers.map((each) => ({ readers: each, format }));
  const plain: OurWay[] = readers.map((each) => ({ readers: each }));
  return [...plain, ...(compressed ? COMPRESSIONS.map((compression) => ({ readers: 1, compression })) : [])];
}
