import type { SourceColumn, ValueType } from '@esclusa/kit';

const BITS: Readonly<Record<string, 8 | 16 | 32 | 64>> = { tinyint: 8, smallint: 16, mediumint: 32, int: 32, bigint: 64, year: 16 };

/** What values.ts writes for a type, by its name; what is not here is text. docs/types.md shows them. */
const TYPES: Readonly<Record<string, ValueType>> = {
  float: { kind: 'float', bits: 32 },
  double: { kind: 'float', bits: 64 },
  date: { kind: 'date' },
  datetime: { kind: 'datetime', zone: false },
  // In UTC, since the session is.
  timestamp: { kind: 'datetime', zone: false },
  time: { kind: 'time' },
  json: { kind: 'json' },
  uuid: { kind: 'uuid' },
};

const BINARY =
  /^(binary|varbinary|(tiny|medium|long)?blob|geometry|point|linestring|polygon|multi(point|linestring|polygon)|geometrycollection|geomcollection|vector)$/;

/** A column with what its values are; `type` is in the words of CREATE TABLE: `decimal(12,2) unsigned`. */
export function sourceColumn(name: string, type: string): SourceColumn {
  return { name, sourceType: type, values: valuesOf(type.toLowerCase()) };
}

function valuesOf(type: string): ValueType {
  const [, word = '', first, second] = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?/.exec(type) ?? [];
  const unsigned = / (unsigned|zerofill)\b/.test(type);
  const bits = BITS[word];
  if (bits !== undefined) return { kind: 'integer', bits, ...(unsigned || word === 'year' ? { unsigned: true } : {}) };
  if (word === 'bit') return { kind: 'integer', bits: 64, unsigned: true };
  if (word === 'decimal') return { kind: 'decimal', precision: Number(first ?? 10), scale: Number(second ?? 0) };
  if (BINARY.test(word)) return { kind: 'binary', encoding: 'base64' };
  return TYPES[word] ?? { kind: 'text' };
}
