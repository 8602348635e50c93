import { stringify } from 'csv-stringify/sync';
import { CsvWriter } from '../../jobs/kit/src/csv/writer.ts';
import { encode } from '../../jobs/mysql/src/testing/encode.ts';
import { packets, rowPayload } from '../../jobs/mysql/src/testing/packets.ts';
import type { Kind } from '../../jobs/mysql/src/kinds.ts';
import { RowEncoder } from '../../jobs/mysql/src/wire/encoder.ts';
import { RowEncoder as PostgresqlRowEncoder } from '../../jobs/postgresql/src/row-encoder.ts';
import { encoded } from '../../jobs/postgresql/src/testing/encoded.ts';
import { dataRow } from '../../jobs/postgresql/src/testing/messages.ts';
import type { Random } from './cells.ts';
import { documentsOf, writeDocuments } from './documents.ts';

type Row = readonly (string | null)[];

/** What an encoder is given, and what must come of it. */
interface Table<Rows> {
  readonly rows: Rows;
  readonly expected: Buffer;
  readonly count: number;
}

/** An encoder: a table of so many rows for it, and how it writes one. */
interface Way<Rows> {
  readonly name: string;
  table(random: Random, rows: number): Table<Rows>;
  write(rows: Rows, random: Random): Promise<Buffer> | Buffer;
}

const COLUMNS = 10;
const MOST_AT_ONCE = 20_000;

/** What csv-stringify writes, told what rules.ts has beyond it: quotes around the empty string, a lone `\.` and carriage returns. */
export function stringified(rows: readonly Row[]): Buffer {
  return Buffer.from(stringify(rows as unknown[][], { record_delimiter: '\n', quoted_match: /^$|^\\\.$|\r/ }));
}

function textTable(random: Random, count: number): Table<readonly Row[]> {
  const rows = Array.from({ length: count }, () => Array.from({ length: COLUMNS }, () => (random.below(8) === 0 ? null : random.text())));
  return { rows, expected: stringified(rows), count: count * COLUMNS };
}

/** Bytes in pieces of random lengths. */
function* cut(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + 1 + random.below(random.below(4) === 0 ? 30 : MOST_AT_ONCE));
    at += piece.length;
    yield piece;
  }
}

const byWriter: Way<readonly Row[]> = {
  name: 'kit: CsvWriter',
  table: textTable,
  write(rows) {
    const writer = new CsvWriter();
    for (const row of rows) {
      for (const value of row) {
        if (value === null) writer.null();
        else writer.text(value);
      }
      writer.endRecord();
    }
    return Buffer.from(writer.take());
  },
};

const byDataRows: Way<readonly Row[]> = {
  name: "postgresql: rows of the server's protocol",
  table: textTable,
  write: (rows, random) => encoded(new PostgresqlRowEncoder(), COLUMNS, cut(Buffer.concat(rows.map(dataRow)), random)).csv,
};

const KINDS: readonly Kind[] = Array.from({ length: COLUMNS }, () => 'text');

const byRowEncoder: Way<readonly Row[]> = {
  name: 'mysql: row packets of the text protocol',
  table: textTable,
  write(rows, random) {
    const wire = packets(rows.map((row) => rowPayload(row.map((value) => (value === null ? null : Buffer.from(value))))));
    const encoder = new RowEncoder();
    encoder.begin(KINDS);
    return encode(encoder, cut(wire, random)).csv;
  },
};

const byDocuments: Way<readonly Buffer[]> = {
  name: 'mongodb: BSON of all types, by paths',
  table: (random, count) => {
    const { documents, rows, columns } = documentsOf(random, count);
    return { rows: documents, expected: stringified(rows), count: count * columns };
  },
  write: writeDocuments,
};

/** Every encoder. */
export const WAYS: readonly Way<never>[] = [byWriter, byDataRows, byRowEncoder, byDocuments] as unknown as readonly Way<never>[];
