import { type DatasetState, JobError } from '@esclusa/contract';
import { z } from 'zod';
import type { SourceColumn, ValueType } from '../columns/value-type.ts';

/** How a dataset is read in increments: only what is new since the run before. */
export const incrementalOptions = z
  .strictObject({
    cursor: z
      .string()
      .min(1)
      .describe(
        'Column or field whose value grows with every row that is written: the time of its last change, or a number that counts up. An index on it makes each run as cheap as what is new.',
      ),
    lag: z
      .int()
      .min(1)
      .max(31_536_000)
      .describe(
        'How late a row may become visible: rows whose cursor is younger than so many seconds are left for a later run (of a number: the newest so many). With it each version of a row comes once; without it rows with the last value come again.',
      )
      .optional(),
    utcOffset: z
      .string()
      .regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, 'an offset like "-05:00"')
      .describe('What clock the cursor shows, where it bears no time zone; UTC by default. Only "lag" asks for it.')
      .optional(),
  })
  .describe('Only what is new since the last run that was published: the state is kept in S3 and moves with the commit alone.')
  .optional();
export type Incremental = NonNullable<z.infer<typeof incrementalOptions>>;

/** That options go with increments: as a check of zod, what it says, and the same for JSON Schema (a member of `dependentSchemas`). */
export const wholeIncrements = {
  holds: (dataset: { readonly incremental?: unknown; readonly limit?: unknown; readonly sample?: unknown }): boolean =>
    dataset.incremental === undefined || (dataset.limit ?? dataset.sample) === undefined,
  /** The state holds a value of the cursor, which a mask would have nobody see. */
  isOpen: (dataset: {
    readonly incremental?: { readonly cursor: string } | undefined;
    readonly mask?: Readonly<Record<string, unknown>> | undefined;
  }): boolean => dataset.incremental === undefined || !Object.hasOwn(dataset.mask ?? {}, dataset.incremental.cursor),
  masked: {
    error: 'the cursor wears a mask, and its newest value would stand in the manifest and the state as it is; take another column',
    path: ['incremental', 'cursor'],
  },
  problem: { error: '"incremental" goes with neither "limit" nor "sample": what they leave out would never come', path: ['incremental'] },
  jsonSchema: { incremental: { not: { anyOf: [{ required: ['limit'] }, { required: ['sample'] }] } } },
};

/** Which part of a dataset a run reads. Values are texts of the source. */
export interface Increment<Value = string> {
  readonly cursor: string;
  /** Where it begins; undefined: from the very beginning, rows without a value in the cursor too. */
  readonly from?: Value | undefined;
  /** Whether rows with that very value come again. */
  readonly fromIncluded: boolean;
  /** Where it ends, that value included; undefined where no row has one. */
  readonly to?: Value | undefined;
  readonly lag?: number | undefined;
}

/** An increment as the manifest tells it, and what the next run is given. */
export interface PlannedIncrement {
  readonly told: Readonly<Record<string, unknown>>;
  readonly state?: DatasetState | undefined;
}

const stateSchema = z.object({ cursor: z.string(), value: z.unknown() });

/** The value that an earlier run has read up to. Throws `STATE_INVALID` for a state of another cursor, or one that is none. */
export function valueOfState(dataset: string, { cursor }: Incremental, state: DatasetState | undefined): unknown {
  if (state === undefined) return undefined;
  const parsed = stateSchema.safeParse(state);
  const refuse = (why: string): JobError =>
    new JobError(
      'STATE_INVALID',
      `dataset "${dataset}": its state ${why}; run it once from the beginning with {"fullRefresh": true}, or set the state anew (PUT /api/ingesta/<pipeline>/state/${dataset})`,
      { details: { dataset, state } },
    );
  if (!parsed.success || parsed.data.value === undefined) throw refuse('is none: it has a "cursor" and a "value"');
  if (parsed.data.cursor !== cursor) throw refuse(`is of the cursor "${parsed.data.cursor}", and its cursor is "${cursor}" now`);
  return parsed.data.value;
}

/** What is told of an increment, with its values as JSON has them. */
export function plannedIncrement({ cursor, from, fromIncluded, to, lag }: Increment<unknown>): PlannedIncrement {
  const reached = to ?? from;
  return {
    told: {
      cursor,
      mode: from === undefined ? 'full' : 'increment',
      ...(from === undefined ? {} : { from, fromIncluded }),
      ...(to === undefined ? {} : { to }),
      ...(lag === undefined ? {} : { lag }),
    },
    ...(reached === undefined ? {} : { state: { cursor, value: reached } }),
  };
}

/** The column of a cursor. Throws `COLUMN_NOT_FOUND` for none, and `QUERY_INVALID` for one whose values do not grow, or not by seconds or numbers where that is asked for. */
export function cursorColumn<Column extends SourceColumn>(dataset: string, { cursor, lag }: Incremental, available: readonly Column[]): Column {
  const column = available.find(({ name }) => name === cursor);
  const details = { details: { dataset, column: cursor } };
  if (column === undefined) {
    const names = available.map(({ name }) => name).join(', ');
    throw new JobError('COLUMN_NOT_FOUND', `dataset "${dataset}": the cursor "${cursor}" does not exist; there are ${names}`, details);
  }
  const { kind } = column.values;
  if (!CURSORS.has(kind)) {
    throw new JobError(
      'QUERY_INVALID',
      `dataset "${dataset}": "${cursor}" (${column.sourceType}) can be no cursor; it takes a number without fraction, a decimal, a date, a timestamp or a text`,
      details,
    );
  }
  if (kind === 'text' && lag !== undefined) {
    throw new JobError('QUERY_INVALID', `dataset "${dataset}": the cursor "${cursor}" is a text, of which no "lag" can be taken`, details);
  }
  return column;
}

const CURSORS: ReadonlySet<ValueType['kind']> = new Set(['integer', 'decimal', 'date', 'datetime', 'text']);
