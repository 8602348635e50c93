import { stringify } from 'csv-stringify/sync';
import { CsvWriter } from '../../jobs/kit/src/csv/writer.ts';
import { encode } from '../../jobs/mysql/src/testing/encode.ts';
import { packets, rowPayload } from '../../jobs/mysql/src/testing/packets.ts';
import type { Kind } from '../../jobs/mysql/src/kinds.ts';
import { RowEncoder } from '../../jobs/mysql/src/wire/encoder.ts';
import { RowEncoder as PostgresqlRowEncoder } from '../../jobs/postgresql/src/row-encoder.ts';
import { encoded } from '../../jobs/postgresql/src/testing/encoded.ts';
import { DAY, dayOf, instantTexts, int32, int64 } from '../../jobs/postgresql/src/testing/instants.ts';
import { dataRow } from '../../jobs/postgresql/src/testing/messages.ts';
import type { ValueFormat } from '../../jobs/postgresql/src/kinds.ts';
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

/** The columns of PostgreSQL: texts, and what comes in binary form. */
const FORMATS: readonly ValueFormat[] = [...Array.from({ length: COLUMNS - 3 }, () => 'text' as const), 'timestamp', 'timestamptz', 'date'];

const byDataRows: Way<readonly (readonly (string | Buffer | null)[])[]> = {
  name: "postgresql: rows of the server's protocol",
  table(random, count) {
    const texts: (string | null)[][] = [];
    const rows = Array.from({ length: count }, () => {
      const row = FORMATS.map((format): [string | null, string | Buffer | null] => {
        if (random.below(8) === 0) return [null, null];
        if (format !== 'text') return instantCell(random, format);
        const text = random.text();
        return [text, text];
      });
      texts.push(row.map(([text]) => text));
      return row.map(([, wire]) => wire);
    });
    return { rows, expected: stringified(texts), count: count * COLUMNS };
  },
  write: (rows, random) => encoded(new PostgresqlRowEncoder(), FORMATS, cut(Buffer.concat(rows.map(dataRow)), random)).csv,
};

/** An instant of the whole range that Date knows, or of these years, as its text and as the server sends it. */
function instantCell(random: Random, format: Exclude<ValueFormat, 'text'>): [string, Buffer] {
  const days = BigInt(random.below(2) === 0 ? random.below(100_000_000) - 2_451_000 : random.below(40_000) - 20_000);
  const ofDay = [0n, BigInt(random.below(86_400)) * 1_000_000n, BigInt(Math.floor((random.below(2 ** 31) / 2 ** 31) * Number(DAY)))][random.below(3)] ?? 0n;
  const instant = days * DAY + ofDay;
  return [instantTexts(instant)[format], format === 'date' ? int32(dayOf(instant)) : int64(instant)];
}

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
