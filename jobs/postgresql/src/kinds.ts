import type { SourceColumn, ValueType } from '@esclusa/kit';

/** A column as the catalogue describes it: `base` is its type without modifiers, and of a domain what the domain stands on. */
export interface CatalogueColumn {
  readonly name: string;
  /** As `format_type` writes it: `numeric(12,2)`. */
  readonly type: string;
  readonly base: string;
  /** Whether every PostgreSQL has the type: one of pg_catalog, or an array of such. */
  readonly builtin: boolean;
}

/**
 * How the server is asked for a column's values: as text, which its own output functions write; or, where those cost it much and the text follows from the value by the calendar alone, in
 * binary form (../wasm/times.ts writes the same text).
 */
export type ValueFormat = 'text' | 'date' | 'timestamp' | 'timestamptz';

const TEXT: ValueType = { kind: 'text' };

/** What the server's output functions write for a type under the settings of session.ts; every rule on PostgreSQL's types stands in this file (docs/types.md shows them). */
const TYPES: Readonly<Record<string, ValueType>> = {
  boolean: { kind: 'boolean', trueValue: 't', falseValue: 'f' },
  smallint: { kind: 'integer', bits: 16 },
  integer: { kind: 'integer', bits: 32 },
  bigint: { kind: 'integer', bits: 64 },
  oid: { kind: 'integer', bits: 32, unsigned: true },
  numeric: { kind: 'decimal' },
  real: { kind: 'float', bits: 32 },
  'double precision': { kind: 'float', bits: 64 },
  date: { kind: 'date' },
  'timestamp without time zone': { kind: 'datetime', zone: false },
  'timestamp with time zone': { kind: 'datetime', zone: true },
  'time without time zone': { kind: 'time' },
  interval: { kind: 'duration' },
  uuid: { kind: 'uuid' },
  bytea: { kind: 'binary', encoding: 'hex' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
};

/** A column with what its values are. */
export function sourceColumn({ name, type, base, builtin }: CatalogueColumn): SourceColumn {
  const plain = TYPES[base] ?? TEXT;
  const values = plain.kind === 'decimal' ? { ...plain, ...digits(type) } : plain;
  // Types of this very database (enums, domains, composites, of extensions) are text to another one.
  return { name, sourceType: type, values, postgresType: builtin ? type : postgresText(values, base) };
}

/**
 * Returns true if a column's type is one of pg_catalog, or a domain over a number, date or timestamp of it. The operators that compare it are then
 * of pg_catalog too.
 */
export function isBuiltin({ values, sourceType, postgresType }: SourceColumn): boolean {
  return values.kind !== 'text' || sourceType === postgresType;
}

/** The format in which a column of these types is asked for. */
export function formatOf({ values }: SourceColumn): ValueFormat {
  if (values.kind === 'date') return 'date';
  if (values.kind === 'datetime') return values.zone ? 'timestamptz' : 'timestamp';
  return 'text';
}

function postgresText({ kind }: ValueType, base: string): string {
  return kind === 'text' ? 'text' : base;
}

function digits(type: string): { precision: number; scale: number } | undefined {
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) };
}
