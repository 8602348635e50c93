import type { SourceColumn } from '@esclusa/kit';

/**
 * How the server is asked for a column's values: as text, which its own output functions write; or, where those cost it much and the text follows from the value by the calendar alone, in
 * binary form (../wasm/times.ts writes the same text).
 */
export type ValueFormat = 'text' | 'date' | 'timestamp' | 'timestamptz';

/** The format of a column. */
export function formatOf({ values }: SourceColumn): ValueFormat {
  if (values.kind === 'date') return 'date';
  if (values.kind === 'datetime') return values.zone ? 'timestamptz' : 'timestamp';
  return 'text';
}
