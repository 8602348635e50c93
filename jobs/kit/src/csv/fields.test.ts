import { describe, expect, test } from '@jest/globals';
import { CsvFields } from './fields.ts';
import { csvRecord } from './rules.ts';

type Row = readonly (string | null)[];

/** What a CSV is taken apart into, cut into pieces of these lengths, which come again and again. */
function fieldsOf(csv: Buffer, lengths: readonly number[]): Row[] {
  const rows: (string | null)[][] = [[]];
  const at: string[] = [];
  const fields = new CsvFields({
    null: () => rows.at(-1)?.push(null),
    bytes: ({ column, record }, source, start, end) => {
      rows.at(-1)?.push(source.toString('utf8', start, end));
      at.push(`${record}:${column}`);
    },
    endRecord: () => rows.push([]),
  });
  for (let from = 0, n = 0; from < csv.length; n++) {
    const length = lengths[n % lengths.length] ?? 1;
    fields.take(csv.subarray(from, from + length));
    from += length;
  }
  expect(rows.pop()).toEqual([]);
  expect(at).toEqual(rows.flatMap((row, record) => row.flatMap((value, column) => (value === null ? [] : [`${record}:${column}`]))));
  return rows;
}

const ODD: readonly (string | null)[] = [
  null,
  '',
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  'a,b\n"c"',
  'ñ日本',
  '\\.',
  'x'.repeat(15),
  'y'.repeat(16),
  `${'z'.repeat(17)}"`,
];

describe('CsvFields', () => {
  test.each([[[1]], [[2, 3]], [[15, 16, 17]], [[65_535, 65_536, 65_537]], [[131_072, 1]], [[10_000_000]]])(
    'gives every value, in pieces of %j bytes',
    (lengths) => {
      const rows: Row[] = Array.from({ length: 4_000 }, (_, n) => [ODD[n % 13] ?? null, String(n), ODD[(n * 7) % 13] ?? null, ODD[(n * 5 + 3) % 13] ?? null]);
      rows.push([`"${'larga, '.repeat(30_000)}"\n`, null, 'fin', null]);
      expect(fieldsOf(Buffer.from(rows.map((row) => csvRecord(row)).join('')), lengths)).toEqual(rows);
    },
  );
});
