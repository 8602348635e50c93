/**
 * The CSV of Esclusa: RFC 4180 but for `\n` line ends; UTF-8; a header row; NULL is an empty field and the empty string is `""`,
 * as PostgreSQL's COPY writes it; quotes where they are needed, and around what PostgreSQL has of more than 4 MiB (jobs/postgresql/wasm/rows.ts). A dataset may ask for another {@link Dialect}. Every rule about CSV stands in this file; writer.ts
 * writes bytes by the same rules, and counter.ts and fields.ts read them, with these constants.
 */

/** The bytes that have a meaning. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const LINE_END = 0x0a;

/** What a dataset may ask for otherwise. */
export interface Dialect {
  readonly delimiter: (typeof DELIMITERS)[number];
  /** Quotes around every field but NULL: quotes are what tells NULL from text. */
  readonly quoteAll: boolean;
  /** How NULL is written, without quotes; a text that is the same has quotes. */
  readonly nullToken: string;
  /** Whether the file begins with a byte order mark, by which Excel knows UTF-8. */
  readonly bom: boolean;
  /** Whether a text that a spreadsheet would take for a formula has an apostrophe before it. */
  readonly guardFormulas: boolean;
}

export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The dialect of every file that asks for nothing else, and of all that sources give. */
export const PLAIN: Dialect = { delimiter: ',', quoteAll: false, nullToken: '', bom: false, guardFormulas: false };

export const BYTE_ORDER_MARK = '\u{feff}';

/** A value that is quoted as a whole: older readers of COPY take it for the end of data. */
export const END_OF_DATA = '\\.';

/** Letters for which a field is quoted; all are ASCII. */
export function quoteCauses({ delimiter }: Dialect): string {
  return `"\n\r${delimiter}`;
}

/** One field: NULL (null) as nothing or its token, the empty string as `""`, quotes only where they are needed. */
export function csvField(value: string | null, dialect: Dialect = PLAIN): string {
  if (value === null) return dialect.nullToken;
  return needsQuotes(value, dialect) ? `"${value.replaceAll('"', '""')}"` : value;
}

function needsQuotes(value: string, dialect: Dialect): boolean {
  if (dialect.quoteAll || value === '' || value === dialect.nullToken || value === END_OF_DATA) return true;
  return Array.from(quoteCauses(dialect)).some((letter) => value.includes(letter));
}

/** One record with its line end. */
export function csvRecord(values: readonly (string | null)[], dialect: Dialect = PLAIN): string {
  return `${values.map((value) => csvField(value, dialect)).join(dialect.delimiter)}\n`;
}

/** What stands before a text that would be a formula. */
export const FORMULA_GUARD = "'";

/** What a formula begins with (https://owasp.org/www-community/attacks/CSV_Injection); the wide forms are those of Chinese, Japanese and Korean keyboards. */
export const FORMULA_BEGINS = '=+-@\t\r＝＋－＠';
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^-Infinity$/i;

/** Whether a spreadsheet would take a text for a formula. A number with a sign is one that says what it is. */
export function isFormula(text: string): boolean {
  const [first = ''] = text;
  return first !== '' && FORMULA_BEGINS.includes(first) && !NUMBER.test(text);
}
