import type { MaskKind } from '../masks/mask.ts';

/**
 * What the values of a column are, in words that all sources share. From it every reader's own type follows: Table Schema's in the
 * manifest (manifest/field.ts), DuckDB's, pandas' and PostgreSQL's in the load lines (manifest/load/).
 */
export type ValueType =
  | { readonly kind: 'boolean'; readonly trueValue: string; readonly falseValue: string }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly unsigned?: boolean }
  /** Decimal digits, all of them; without a precision there may be any number of them. */
  | { readonly kind: 'decimal'; readonly precision?: number; readonly scale?: number }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  /** `2025-01-02` */
  | { readonly kind: 'date' }
  /** `2025-01-02 15:30:45.123456`; `zone`: with the offset behind it; `iso`: as ISO 8601 with a `T`. */
  | { readonly kind: 'datetime'; readonly zone: boolean; readonly iso?: boolean }
  /** `15:30:45.123456` */
  | { readonly kind: 'time' }
  /** ISO 8601: `P1DT2H` */
  | { readonly kind: 'duration' }
  | { readonly kind: 'uuid' }
  /** `hex`: `\x` and two digits a byte, as PostgreSQL writes bytea. */
  | { readonly kind: 'binary'; readonly encoding: 'hex' | 'base64' }
  /** JSON text; `only` where every value is of that sort. */
  | { readonly kind: 'json'; readonly only?: 'object' | 'array' }
  | { readonly kind: 'text' };

/** A column of a dataset that was found at the source. */
export interface SourceColumn {
  readonly name: string;
  /** Its type in the source's own words. */
  readonly sourceType: string;
  readonly values: ValueType;
  /** Type that takes every value of it in a PostgreSQL table, where what follows from `values` would not do. */
  readonly postgresType?: string;
  /** The mask that its values wear in the file; `values` are then what it makes of them. */
  readonly mask?: MaskKind;
}
