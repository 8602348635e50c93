import { JobError } from '@esclusa/contract';
import type { ValueType } from '../columns/value-type.ts';
import { CountedRows } from '../counted-rows.ts';
import { CsvFields } from '../csv/fields.ts';
import type { FileOutput } from '../file-output.ts';
import type { PlannedDataset } from '../job.ts';
import type { Losses } from '../losses.ts';
import type { WrittenColumn } from '../manifest/field.ts';
import { batchColumn } from './columns.ts';
import { type ParquetType, parquetType, parquetTypeName } from './types.ts';
import { type NamedColumn, ParquetFile, type ParquetFileOptions } from './writer.ts';

/** Bytes of values that are collected in columns before the library takes them, about. */
const BATCH_BYTES = 1024 * 1024;
const MOST_ROWS = 64 * 1024;
const LEAST_ROWS = 128;

/** How a dataset is written as Parquet. */
export interface ParquetWanted extends ParquetFileOptions {
  /** Columns that are text, whatever their source's type. */
  readonly text?: readonly string[] | undefined;
}

/** What Parquet files hold that were written. */
export interface WrittenParquet {
  readonly rows: number;
  readonly columns: readonly WrittenColumn[];
}

/** A dataset whose named columns are text. Throws `COLUMN_NOT_FOUND` for one that is not extracted: a typing error must not lose a value. */
export function asText(dataset: string, plan: PlannedDataset, text: readonly string[] = []): PlannedDataset {
  const names = plan.columns.map(({ name }) => name);
  const unknown = text.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new JobError(
      'COLUMN_NOT_FOUND',
      `dataset "${dataset}": "parquet.text" names the column "${unknown}", which is not extracted; there are ${names.join(', ')}`,
      { details: { dataset, column: unknown } },
    );
  }
  const values: ValueType = { kind: 'text' };
  return { ...plan, columns: plan.columns.map((column) => (text.includes(column.name) ? { ...column, values } : column)) };
}

/**
 * Reads a dataset to its end and writes it as Parquet. A file ends with the row group with which it has no room left. What passes is counted, and made UTF-8
 * where it is not. A value that its column's type has no room for (types.ts) is NULL and counted as lossy. Rejects when the rows are not as many as the source says.
 */
export async function writeParquet(dataset: string, whole: PlannedDataset, losses: Losses, output: FileOutput, wanted: ParquetWanted): Promise<WrittenParquet> {
  const plan = asText(dataset, whole, wanted.text);
  const passing = new CountedRows(dataset, plan, losses);
  const { counter } = passing;
  const types = plan.columns.map(({ values }) => parquetType(values));
  const capacity = rowsOf(types);
  const columns: NamedColumn[] = types.map((type, index) => ({ name: passing.names[index] ?? '', column: batchColumn(type, capacity) }));
  const unfit = new Float64Array(types.length);
  let row = 0;
  let column = 0;
  const fields = new CsvFields({
    null: () => columns[column++]?.column.null(row),
    bytes: (place, source, start, end) => {
      const index = column++;
      if (columns[index]?.column.value(row, source, start, end) !== false) return;
      unfit[index]! += 1;
      passing.lost(noRoom(types[index]), index, place.record);
    },
    endRecord: () => {
      row++;
      column = 0;
    },
  });
  let file: ParquetFile | undefined;
  let rowsBefore = 0;
  /** Writes the rows that are whole. */
  const flush = async (): Promise<void> => {
    if (file !== undefined && output.room <= 0) {
      await file.finish();
      await output.next(rowsBefore);
      file = undefined;
    }
    file ??= await ParquetFile.begin(wanted, columns, row, (chunk) => output.write(chunk, rowsBefore));
    await file.write(columns, row);
    // Where its end is near, or it would grow by what is on its way.
    if (output.room < NEAR * wanted.rowGroupBytes) await file.settled();
    for (const { column } of columns) column.carry(row);
    rowsBefore += row;
    row = 0;
  };
  try {
    const { rows, columns: read } = await passing.read(async (chunk, at) => {
      // A record has a byte for each column at least, so no more of them come than there is room for.
      const end = Math.min(chunk.length, at + (capacity - row) * columns.length);
      passing.take(chunk.subarray(at, end), (stretch) => fields.take(stretch));
      if (row * 2 >= capacity || (row > 0 && columns.reduce((sum, { column }) => sum + column.bytes, 0) >= BATCH_BYTES)) await flush();
      return end;
    });
    if (row > 0 || file === undefined) await flush();
    await file?.finish();
    return {
      rows,
      columns: plan.columns.map((column, index) => {
        const { special, missing, sourceType = column.sourceType } = read[index] ?? {};
        const counted = counter.counts(index);
        const lost = unfit[index] ?? 0;
        return {
          ...column,
          sourceType,
          parquetType: parquetTypeName(types[index] ?? { kind: 'text' }),
          counts: {
            ...counted,
            nulls: counted.nulls + lost,
            special: Math.max(0, (special ?? counted.special) - lost),
            ...(missing === undefined ? {} : { missing }),
            lossy: passing.lossy(index),
          },
        };
      }),
    };
  } finally {
    file?.destroy();
  }
}

/** Row groups before a file's end. */
const NEAR = 4;

/** Rows of a batch, of which columns have room for as many. */
function rowsOf(types: readonly ParquetType[]): number {
  const bytes = types.reduce((sum, type) => sum + widthOf(type), 0);
  return Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor((2 * BATCH_BYTES) / bytes)));
}

function widthOf(type: ParquetType): number {
  return type.kind === 'decimal' ? 16 : 8;
}

function noRoom(type: ParquetType | undefined): string {
  return `is no ${type === undefined ? 'value' : parquetTypeName(type)} and so NULL in the file; "parquet.text" keeps its column as text`;
}
