import type { Column } from '@esclusa/contract';
import type { SourceColumn, ValueType } from '../columns/value-type.ts';
import type { ColumnCounts } from '../csv/counter.ts';

/** A column of a file that was written, with what is in it. */
export interface WrittenColumn extends SourceColumn {
  /** Its type in a Parquet file. */
  readonly parquetType?: string;
  readonly counts: ColumnCounts & {
    /** Of the NULLs, those of rows that have no such field. */
    readonly missing?: number;
    /** Texts that read like the token of NULL and have quotes; where NULL has one. */
    readonly tokens?: number;
    /** Values whose conversion lost something. */
    readonly lossy: number;
  };
}

/** A column as a field of Table Schema; every rule on which type of it a value has stands in this file. */
export function fieldOf({ name, sourceType, values, mask }: SourceColumn): Column {
  return { name, ...typeOf(values), sourceType, ...(mask === undefined ? {} : { mask }) };
}

/** The same with what is in the file. */
export function writtenField(column: WrittenColumn): Column {
  const { parquetType, counts } = column;
  return { ...fieldOf(column), ...(parquetType === undefined ? {} : { parquetType }), counts: { ...counts } };
}

type FieldType = { readonly type: string; readonly format?: string; readonly trueValues?: string[]; readonly falseValues?: string[] };

function typeOf(values: ValueType): FieldType {
  switch (values.kind) {
    case 'boolean':
      return { type: 'boolean', trueValues: [values.trueValue], falseValues: [values.falseValue] };
    case 'integer':
      return { type: 'integer' };
    case 'decimal':
    case 'float':
      return { type: 'number' };
    case 'date':
      return { type: 'date' };
    case 'time':
      return { type: 'time', format: 'any' };
    case 'datetime':
      // The default format is ISO 8601 with a T; a pattern can't say that a fraction may be there or not.
      return values.iso === true ? { type: 'datetime' } : { type: 'datetime', format: 'any' };
    case 'duration':
      return { type: 'duration' };
    case 'uuid':
      return { type: 'string', format: 'uuid' };
    case 'binary':
      // The format `binary` of Table Schema is base64.
      return values.encoding === 'base64' ? { type: 'string', format: 'binary' } : { type: 'string' };
    case 'json':
      return { type: values.only ?? 'any' };
    case 'text':
      return { type: 'string' };
    default: {
      const never: never = values;
      throw new Error(`unknown kind of value ${JSON.stringify(never)}`);
    }
  }
}
