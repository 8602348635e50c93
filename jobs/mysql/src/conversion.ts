import { textLiteral } from './sql.ts';

/** A column's text, by its character set; none where it is no text. */
export interface Charset {
  readonly charset?: string | undefined;
}

/** How the texts of a dataset become UTF-8 without a loss that nobody tells. */
export interface Conversion {
  /** All of it is UTF-8 at the server: it is sent as it lies there, and its bytes are checked by us as every file's are. */
  readonly raw: boolean;
  /** Columns of which the server is asked, for each row, whether it could convert the value. */
  readonly checked: readonly number[];
}

/** UTF-8 and parts of it. MariaDB lets bytes beyond ASCII into `ascii`; to convert them would make each a "?". */
const UTF8: ReadonlySet<string> = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

/**
 * Sets of which the servers take nothing in that Unicode has not, by trial of each byte and pair on both; but for half a surrogate pair in `ucs2` (and
 * MariaDB's `utf32`), which comes as bytes that are no UTF-8 and is counted so.
 */
const CONVERTED_WHOLE: ReadonlySet<string> = new Set([
  'latin1',
  'latin2',
  'latin5',
  'latin7',
  'armscii8',
  'cp850',
  'cp852',
  'cp866',
  'keybcs2',
  'koi8r',
  'koi8u',
  'macce',
  'macroman',
  'ucs2',
  'utf16',
  'utf16le',
  'utf32',
  'utf8mb4',
  'utf8mb3',
  'utf8',
]);

/** Has bytes without a character, like others, but they are converted to U+FFFD where others' are to a "?". */
const TO_REPLACEMENT = 'tis620';

/** What is done for the columns of a dataset. Most have nothing but utf8mb4 and latin1, and nothing is. */
export function conversionOf(columns: readonly Charset[]): Conversion {
  const texts = columns.flatMap(({ charset }) => charset ?? []);
  if (texts.every((charset) => UTF8.has(charset))) return { raw: texts.some((charset) => charset !== 'utf8mb4'), checked: [] };
  return { raw: false, checked: columns.flatMap(({ charset }, index) => (charset === undefined || CONVERTED_WHOLE.has(charset) ? [] : [index])) };
}

/**
 * SQL that is 1 where a value of the column (as SQL writes it) can't be converted whole. Its characters are counted, but for "?", before and after:
 * to convert it back and compare would take characters that the set has twice for lost ones.
 */
export function isLost(column: string, { charset }: Charset): string {
  const converted = without(`convert(${column} using utf8mb4)`, "'?'");
  const after = charset === TO_REPLACEMENT ? without(converted, textLiteral('\ufffd')) : converted;
  return `${length(without(column, "'?'"))} <> ${length(after)}`;
}

function without(text: string, character: string): string {
  return `replace(${text}, ${character}, ${textLiteral('')})`;
}

/** Characters of a text. MariaDB's mode ORACLE has no empty one: what is left without a character is NULL there. */
function length(text: string): string {
  return `coalesce(char_length(${text}), 0)`;
}

/** Why such a value is lossy. */
export function whyLost({ charset }: Charset): string {
  const becomes = charset === TO_REPLACEMENT ? 'U+FFFD' : '"?"';
  return `holds what the server can't convert from the character set ${charset} and is ${becomes} in the file`;
}
