/**
 * The CSV of Esclusa: RFC 4180 but for `\n` line ends; UTF-8; a header row; NULL is an empty field and the empty string is `""`,
 * as PostgreSQL's COPY writes it. Every rule about CSV stands in this file.
 */

const NEEDS_QUOTES = /["\n\r,]/;

/** One field: NULL (null) as nothing, the empty string as `""`, quotes only where they are needed. */
export function csvField(value: string | null): string {
  if (value === null) return '';
  // COPY also quotes a lone `\.`, which older readers take for the end of data.
  if (value === '' || value === '\\.' || NEEDS_QUOTES.test(value)) return `"${value.replaceAll('"', '""')}"`;
  return value;
}

/** One record with its line end. */
export function csvRecord(values: readonly (string | null)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}
