import { parse } from 'csv-parse/sync';
import { type Dialect, PLAIN } from '../csv/rules.ts';

/** A CSV as a strict parser reads it: header, and records in which NULL (nothing between the delimiters, or its token) is null and `""` is ''. */
export function readCsv(
  text: string,
  { delimiter, nullToken, bom }: Pick<Dialect, 'delimiter' | 'nullToken' | 'bom'> = PLAIN,
): { header: string[]; records: (string | null)[][] } {
  const rows = parse(text, {
    delimiter,
    bom,
    relax_column_count: false,
    skip_empty_lines: false,
    record_delimiter: '\n',
    cast: (value, { quoting }) => (value === nullToken && !quoting ? null : value),
  }) as unknown as (string | null)[][];
  const [header = [], ...records] = rows;
  return { header: header.map(String), records };
}
