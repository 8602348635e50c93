/**
 * The CSV of Esclusa: RFC 4180 but for `\n` line ends; UTF-8; a header row; NULL is an empty field and the empty string is `""`,
 * as PostgreSQL's COPY writes it. Every rule about CSV stands in this file; writer.ts writes bytes by the same rules, and
 * counter.ts reads them, with these constants.
 */

/** The bytes that have a meaning. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const LINE_END = 0x0a;

/** Letters for which a field is quoted. */
export const QUOTE_CAUSES = '"\n\r,';

/** A value that is quoted as a whole: older readers of COPY take it for the end of data. */
export const END_OF_DATA = '\\.';

const NEEDS_QUOTES = new RegExp(`[${QUOTE_CAUSES}]`);

/** One field: NULL (null) as nothing, the empty string as `""`, quotes only where they are needed. */
export function csvField(value: string | null): string {
  if (value === null) return '';
  if (value === '' || value === END_OF_DATA || NEEDS_QUOTES.test(value)) return `"${value.replaceAll('"', '""')}"`;
  return value;
}

/** One record with its line end. */
export function csvRecord(values: readonly (string | null)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}
