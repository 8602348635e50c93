import { type Table, tableOf } from './data/tables.ts';
import type { SinkName } from './lab/sinks.ts';
import type { SourceName } from './sources/source.ts';

/** What is measured with one table. */
export interface Step {
  readonly table: Table;
  readonly sinks: readonly SinkName[];
  readonly rounds: number;
  /** False: ours alone, for its memory. */
  readonly peers: boolean;
  /** Tools of PyPI too, into the real S3, for at most so many of the rounds. */
  readonly toolRounds?: number;
  /** Ours once with each compression too, into the real S3, for its memory. */
  readonly compressed?: boolean;
  /** Typed columns in place of CSV: ours, and the tools that write them. */
  readonly format?: 'parquet';
  /** The one that the headline ratios are taken from. */
  readonly headline?: boolean;
}

const BOTH: readonly SinkName[] = ['s3', 'discard'];
const REAL: readonly SinkName[] = ['s3'];

function sqlSteps(quick: boolean): Step[] {
  if (quick) {
    return [
      { table: tableOf('narrow', 10_000), sinks: REAL, rounds: 1, peers: false },
      { table: tableOf('narrow', 100_000), sinks: REAL, rounds: 1, peers: false },
      { table: tableOf('narrow', 1_000_000), sinks: BOTH, rounds: 3, peers: true, toolRounds: 1, compressed: true, headline: true },
      { table: tableOf('narrow', 1_000_000), sinks: REAL, rounds: 3, peers: true, toolRounds: 3, format: 'parquet' },
      { table: tableOf('large', 50), sinks: REAL, rounds: 1, peers: false },
    ];
  }
  return [
    { table: tableOf('narrow', 10_000), sinks: REAL, rounds: 3, peers: false, compressed: true },
    { table: tableOf('narrow', 1_000_000), sinks: REAL, rounds: 5, peers: true, toolRounds: 2, compressed: true },
    { table: tableOf('narrow', 10_000_000), sinks: BOTH, rounds: 5, peers: true, compressed: true, headline: true },
    { table: tableOf('narrow', 10_000_000), sinks: REAL, rounds: 3, peers: true, toolRounds: 3, format: 'parquet' },
    { table: tableOf('wide', 1_000_000), sinks: REAL, rounds: 3, peers: true },
    { table: tableOf('large', 200), sinks: REAL, rounds: 3, peers: true, compressed: true },
  ];
}

/** What is measured with a source. */
export function stepsOf(source: SourceName, quick: boolean): Step[] {
  switch (source) {
    case 'postgresql':
    case 'mysql':
      return sqlSteps(quick);
    case 'mariadb':
      return quick ? [] : [{ table: tableOf('narrow', 1_000_000), sinks: BOTH, rounds: 5, peers: true, headline: true }];
    case 'mongodb':
      return [{ table: tableOf('documents', quick ? 10_000 : 100_000), sinks: REAL, rounds: quick ? 1 : 3, peers: true }];
    case 'mongodb_replay':
      return [{ table: tableOf('documents', quick ? 50_000 : 500_000), sinks: BOTH, rounds: quick ? 3 : 5, peers: true, headline: true }];
    default: {
      const never: never = source;
      return never;
    }
  }
}

/** Rounds of the start of runs. */
export function startRounds(quick: boolean): number {
  return quick ? 5 : 30;
}

/** POSTs that come to a gateway at once. */
export interface Load {
  /** How long the gateway rests before. */
  readonly restSeconds: number;
  readonly posts: number;
  /** Runs that may have a container at once. */
  readonly slots: number;
  /** How long the gateway lets a POST wait. */
  readonly waitSeconds: number;
}

/** How many POSTs come to a gateway at once. */
export function loadOf(quick: boolean): Load {
  return { restSeconds: quick ? 10 : 60, posts: quick ? 100 : 1000, slots: 4, waitSeconds: 300 };
}
