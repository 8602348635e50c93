import { JobError } from '@esclusa/contract';
import type { SourceColumn } from '../columns/value-type.ts';
import { CsvFields } from '../csv/fields.ts';
import { CsvWriter } from '../csv/writer.ts';
import type { DatasetReader, PlannedDataset, Settings } from '../job.ts';
import { type Mask, type MaskKind, maskOf } from './mask.ts';

/**
 * A dataset whose masked columns never come out as they are, not even as the key of a row that is complained about. Throws
 * `COLUMN_NOT_FOUND` for a mask of a column that is not extracted: a typing error must not let a column through.
 */
export function maskedDataset(dataset: string, plan: PlannedDataset, wanted: Readonly<Record<string, MaskKind>> = {}, settings: Settings = {}): PlannedDataset {
  const kinds = new Map(Object.entries(wanted));
  if (kinds.size === 0) return plan;
  const names = plan.columns.map(({ name }) => name);
  const unknown = [...kinds.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new JobError(
      'COLUMN_NOT_FOUND',
      `dataset "${dataset}": "mask" names the column "${unknown}", which is not extracted; there are ${names.join(', ')}`,
      {
        details: { dataset, column: unknown },
      },
    );
  }
  const masks = names.map((name) => {
    const kind = kinds.get(name);
    return kind === undefined ? undefined : maskOf(kind, settings);
  });
  const masked = <Column extends SourceColumn>(column: Column): Column => {
    const mask = kinds.get(column.name);
    if (mask === undefined) return column;
    const { postgresType: _, ...rest } = column;
    return { ...rest, values: { kind: 'text' }, mask } as Column;
  };
  return {
    ...plan,
    columns: plan.columns.map(masked),
    read: (losses) => {
      losses.hide([...kinds.keys()]);
      const reader = plan.read(losses);
      const found = reader.columns?.bind(reader);
      return {
        rows: () => reader.rows(),
        ...(found === undefined ? {} : { columns: () => found().map((column) => (kinds.has(column.name) ? { ...masked(column), special: 0 } : column)) }),
        [Symbol.asyncIterator]: () => maskedBytes(reader, masks),
      };
    },
  };
}

async function* maskedBytes(reader: DatasetReader, masks: readonly (Mask | undefined)[]): AsyncGenerator<Uint8Array, void> {
  const writer = new CsvWriter();
  const fields = new CsvFields({
    null: () => writer.null(),
    bytes: ({ column }, source, start, end) => {
      const mask = masks[column];
      if (mask === undefined) writer.bytes(source, start, end);
      else writer.text(mask(source.subarray(start, end)));
    },
    endRecord: () => writer.endRecord(),
  });
  for await (const chunk of reader) {
    fields.take(chunk);
    const out = writer.take();
    yield out;
    writer.give(out);
  }
}
