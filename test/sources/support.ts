import type { Row } from '../../jobs/kit/src/testing/source-conformance.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

let databases = 0;

/** A name for a database that no other of this process has. */
export function newName(): string {
  return `conformance_${databases++}`;
}

/** Rows in batches of a few megabytes, whatever their size. */
export function* batches(rows: Iterable<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    batch.push(row);
    for (const value of Object.values(row)) bytes += 16 + (typeof value === 'string' ? value.length : 0);
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
