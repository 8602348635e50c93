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
