import { Binary, Decimal128, Double, EJSON, Int32, Long, ObjectId, Timestamp, UUID, serialize } from 'bson';
import { Losses } from '../../jobs/kit/src/losses.ts';
import { byPaths } from '../../jobs/mongodb/src/cells.ts';
import { parsePath } from '../../jobs/mongodb/src/paths.ts';
import { readReply } from '../../jobs/mongodb/src/testing/read-reply.ts';
import type { Random } from './cells.ts';

/** The path of each column, and what stands there: a value, and its text by bson's own classes. */
const COLUMNS: readonly (readonly [path: string, make: (random: Random) => readonly [unknown, string | null]])[] = [
  ['_id', (random) => told(new ObjectId(bytesOf(random, 12)))],
  ['texto', (random) => told(random.text())],
  ['entero', (random) => told(new Int32(random.below(2 ** 32) - 2 ** 31))],
  ['largo', (random) => told(Long.fromBits(random.below(2 ** 32), random.below(2 ** 32)))],
  ['doble', (random) => told(new Double((random.below(2 ** 32) - 2 ** 31) / 10 ** random.below(30)))],
  ['decimal', (random) => told(Decimal128.fromString(`${random.below(2) ? '-' : ''}${random.below(2 ** 32)}E${random.below(60) - 30}`))],
  ['fecha', (random) => dated(new Date((random.below(2 ** 32) - 2 ** 31) * 100_000 + random.below(1000)))],
  ['si', (random) => told(random.below(2) === 1)],
  ['uuid', (random) => told(new UUID(bytesOf(random, 16)))],
  ['bytes', (random) => binary(new Binary(bytesOf(random, random.below(40))))],
  ['dentro.a', (random) => told(random.text())],
  ['dentro.b', (random) => told(new Int32(random.below(1000)))],
  ['lista', (random) => json(Array.from({ length: random.below(4) }, () => random.text()))],
  [
    'objeto',
    (random) => json({ n: new Int32(random.below(99)), t: random.text(), f: new Double(random.below(1e6) / 1000), i: new ObjectId(bytesOf(random, 12)) }),
  ],
  ['marca', (random) => json(new Timestamp({ t: random.below(2 ** 31), i: random.below(100) }))],
  ['quiza', (random) => [[null, null] as const, [undefined, null] as const, told(random.text())][random.below(3)] ?? told('')],
];

function bytesOf(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function told(value: { toString(): string } | string | boolean): readonly [unknown, string] {
  return [value, String(value)];
}

function dated(value: Date): readonly [unknown, string] {
  return [value, value.toISOString()];
}

function binary(value: Binary): readonly [unknown, string] {
  return [value, value.toString('base64')];
}

function json(value: unknown): readonly [unknown, string] {
  return [value, EJSON.stringify(value, { relaxed: true })];
}

/** Documents as their bytes, and the rows that they are. */
export function documentsOf(random: Random, count: number): { documents: Buffer[]; rows: (string | null)[][]; columns: number } {
  const documents: Buffer[] = [];
  const rows: (string | null)[][] = [];
  for (let n = 0; n < count; n++) {
    const document: Record<string, unknown> = {};
    const dentro: Record<string, unknown> = {};
    const row = COLUMNS.map(([path, make]) => {
      const [value, text] = make(random);
      const [, inner] = path.split('.');
      if (inner !== undefined) dentro[inner] = value;
      else if (value !== undefined) document[path] = value;
      if (path === 'dentro.b') document['dentro'] = dentro;
      return text;
    });
    documents.push(Buffer.from(serialize(document)));
    rows.push(row);
  }
  return { documents, rows, columns: COLUMNS.length };
}

/** What the job writes of documents that came in one reply. */
export async function writeDocuments(documents: readonly Buffer[]): Promise<Buffer> {
  const columns = COLUMNS.map(([path]) => path);
  const { csv } = await readReply(documents, columns, byPaths(columns.map(parsePath)), new Losses('bench', false));
  return csv;
}
