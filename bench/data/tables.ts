/** What rows of a table look like. */
export type Shape = 'narrow' | 'wide' | 'large' | 'documents';

/** A table or collection of the benchmark. */
export interface Table {
  readonly name: string;
  readonly shape: Shape;
  readonly rows: number;
}

/** `narrow_10m` of ten million narrow rows. */
export function tableOf(shape: Shape, rows: number): Table {
  return { name: `${shape}_${short(rows)}`, shape, rows };
}

/** 10m, 500k, 200. */
function short(rows: number): string {
  if (rows % 1_000_000 === 0) return `${rows / 1_000_000}m`;
  return rows % 1_000 === 0 ? `${rows / 1_000}k` : String(rows);
}

/** Columns of a wide table beside its id, a third of each kind. */
export const WIDE_COLUMNS = 39;
/** Bytes of the text of a large row. */
export const LARGE_BYTES = 1_048_576;
