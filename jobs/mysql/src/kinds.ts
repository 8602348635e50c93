import type { FieldPacket } from 'mysql2';

/**
 * How a column's values go from the text protocol into CSV: `plain`, as they are and never quoted (numbers, dates); `text`, as they
 * are; `binary`, as base64; `bits`, as an unsigned number; `float`, as the shortest text that reads back to the same FLOAT.
 */
export type Kind = 'plain' | 'text' | 'binary' | 'bits' | 'float';

// Types of the protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
const T = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newdate: 14,
  varchar: 15,
  bit: 16,
  timestamp2: 17,
  datetime2: 18,
  time2: 19,
  vector: 242,
  json: 245,
  newdecimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

const PLAIN: ReadonlySet<number> = new Set([
  T.decimal,
  T.tiny,
  T.short,
  T.long,
  T.float,
  T.double,
  T.null,
  T.timestamp,
  T.longlong,
  T.int24,
  T.date,
  T.time,
  T.datetime,
  T.year,
  T.newdate,
  T.timestamp2,
  T.datetime2,
  T.time2,
  T.newdecimal,
]);
const STRINGS: ReadonlySet<number> = new Set([T.varchar, T.tinyBlob, T.mediumBlob, T.longBlob, T.blob, T.varString, T.string]);

/** The pseudo character set of bytes that are no text. */
const BINARY = 63;
const UNSIGNED = 32;

interface Field {
  readonly columnType: number;
  readonly characterSet: number;
  readonly columnLength: number;
  readonly decimals: number;
  readonly flags: number;
}

/** How the values of a result's column are written. */
export function kindOf(field: FieldPacket): Kind {
  const { columnType: type, characterSet } = field as unknown as Field;
  if (PLAIN.has(type)) return 'plain';
  if (type === T.bit) return 'bits';
  if (type === T.geometry || type === T.vector) return 'binary';
  // JSON says that it is binary, and is text in UTF-8.
  if (type === T.json) return 'text';
  return STRINGS.has(type) && characterSet === BINARY ? 'binary' : 'text';
}

/** Whether a result's column is a text of a character set. */
export function isText(field: FieldPacket): boolean {
  return kindOf(field) === 'text' && (field as unknown as Field).characterSet !== BINARY;
}

const NAMES: Readonly<Record<number, string>> = {
  [T.tiny]: 'tinyint',
  [T.short]: 'smallint',
  [T.int24]: 'mediumint',
  [T.long]: 'int',
  [T.longlong]: 'bigint',
  [T.float]: 'float',
  [T.double]: 'double',
  [T.null]: 'null',
  [T.timestamp]: 'timestamp',
  [T.timestamp2]: 'timestamp',
  [T.date]: 'date',
  [T.newdate]: 'date',
  [T.datetime]: 'datetime',
  [T.datetime2]: 'datetime',
  [T.time]: 'time',
  [T.time2]: 'time',
  [T.year]: 'year',
  [T.bit]: 'bit',
  [T.json]: 'json',
  [T.vector]: 'vector',
  [T.enum]: 'enum',
  [T.set]: 'set',
  [T.geometry]: 'geometry',
};
const INTEGERS: ReadonlySet<number> = new Set([T.tiny, T.short, T.int24, T.long, T.longlong]);
const WITH_FRACTION: ReadonlySet<number> = new Set([T.timestamp, T.timestamp2, T.datetime, T.datetime2, T.time, T.time2]);
// What `decimals` says where the number of digits is not fixed.
const NOT_FIXED = 31;

/** The type of a query's column, in the words of CREATE TABLE as far as the protocol tells them. */
export function typeName(field: FieldPacket): string {
  const { columnType: type, flags, columnLength, decimals } = field as unknown as Field;
  const unsigned = (flags & UNSIGNED) !== 0;
  if (type === T.decimal || type === T.newdecimal) {
    // The length counts the sign and the point too.
    const precision = columnLength - (decimals > 0 ? 1 : 0) - (unsigned ? 0 : 1);
    return `decimal(${precision},${decimals})${unsigned ? ' unsigned' : ''}`;
  }
  const name = NAMES[type];
  if (name === undefined) return kindOf(field) === 'binary' ? 'blob' : 'text';
  if (INTEGERS.has(type)) return unsigned ? `${name} unsigned` : name;
  if (type === T.double && decimals < NOT_FIXED) return `double(${columnLength},${decimals})`;
  if (WITH_FRACTION.has(type) && decimals > 0 && decimals < NOT_FIXED) return `${name}(${decimals})`;
  return type === T.bit ? `bit(${columnLength})` : name;
}
