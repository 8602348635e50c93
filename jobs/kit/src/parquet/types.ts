import type { ValueType } from '../columns/value-type.ts';

/**
 * What a column of a Parquet file is (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md). Only types that DuckDB, pandas and Athena all open by
 * themselves: a time of day or a UUID, which Athena's tables have no type for, is text.
 */
export type ParquetType =
  | { readonly kind: 'boolean'; readonly trueValue: string; readonly falseValue: string }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  /** Days since 1970-01-01 of the Gregorian calendar, before it was one too. */
  | { readonly kind: 'date' }
  /** Microseconds since 1970-01-01; `utc`: an instant, and not what a clock somewhere showed. */
  | { readonly kind: 'timestamp'; readonly utc: boolean }
  | { readonly kind: 'binary'; readonly encoding: 'hex' | 'base64' }
  /** UTF-8. */
  | { readonly kind: 'text' };

/** Digits of the widest decimal that every reader takes. */
const MAX_PRECISION = 38;

/** The type of a Parquet file that holds a column's values; every rule on which it is stands here. What none holds is text, letter for letter that of the CSV. */
export function parquetType(values: ValueType): ParquetType {
  switch (values.kind) {
    case 'boolean':
    case 'float':
    case 'date':
    case 'binary':
      return values;
    case 'integer':
      if (values.unsigned !== true) return { kind: 'integer', bits: values.bits };
      // Athena has no unsigned numbers: the next wider that are signed.
      return values.bits === 64 ? { kind: 'decimal', precision: 20, scale: 0 } : { kind: 'integer', bits: WIDER[values.bits] };
    case 'decimal': {
      const { precision, scale = 0 } = values;
      return precision !== undefined && precision <= MAX_PRECISION && scale >= 0 && scale <= precision
        ? { kind: 'decimal', precision, scale }
        : { kind: 'text' };
    }
    case 'datetime':
      return { kind: 'timestamp', utc: values.zone };
    case 'time':
    case 'duration':
    case 'uuid':
    case 'json':
    case 'text':
      return { kind: 'text' };
    default: {
      const never: never = values;
      throw new Error(`unknown kind of value ${JSON.stringify(never)}`);
    }
  }
}

const WIDER = { 8: 16, 16: 32, 32: 64 } as const;

/** A type in the words of the format. */
export function parquetTypeName(type: ParquetType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return `INT(${type.bits})`;
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return `TIMESTAMP(MICROS,${type.utc ? 'UTC' : 'local'})`;
    case 'binary':
      return 'BYTE_ARRAY';
    case 'text':
      return 'STRING';
    default: {
      const never: never = type;
      throw new Error(`unknown type ${JSON.stringify(never)}`);
    }
  }
}
