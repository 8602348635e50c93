import { parse } from 'csv-parse/sync';

/** A CSV as a strict parser reads it: header, and records in which NULL (nothing between the commas) is null and `""` is ''. */
export function readCsv(text: string): { header: string[]; records: (string | null)[][] } {
  const rows = parse(text, {
    relax_column_count: false,
    skip_empty_lines: false,
    record_delimiter: '\n',
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  }) as unknown as (string | null)[][];
  const [header = [], ...records] = rows;
  return { header: header.map(String), records };
}

/** Turns one CSV value into what JSON would say of the same value of the source, by the source's type. */
export function typed(value: string | null, type: string): unknown {
  if (value === null) return null;
  if (/^(integer|bigint|smallint|numeric|double|real)/.test(type)) return Number(value);
  if (type === 'boolean') return value === 't' ? true : value === 'f' ? false : `not a boolean: ${value}`;
  if (type === 'timestamp with time zone') return value.replace(' ', 'T').replace(/\+00$/, '+00:00');
  return value;
}
