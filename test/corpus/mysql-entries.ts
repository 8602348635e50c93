import { TEXTS } from './texts.ts';

/**
 * How the server is asked for the values in another way, and what of a CSV's field is compared with it: a text by the hex digits of its
 * UTF-8; bytes by theirs; bits by their number; floats by the binary protocol; a point in time by its seconds since 1970.
 */
export const READINGS = {
  text: { asked: 'hex(convert(v using utf8mb4))', made: (own: string) => Buffer.from(own, 'hex').toString('utf8'), csv: (field: string) => field },
  bytes: { asked: 'hex(v)', made: (own: string) => Buffer.from(own, 'hex').toString('base64'), csv: (field: string) => field },
  bits: { asked: 'cast(v + 0 as char)', made: (own: string) => own, csv: (field: string) => field },
  float: { asked: 'v', made: Number, csv: (field: string) => Math.fround(Number(field)) },
  double: { asked: 'v', made: Number, csv: Number },
  instant: { asked: 'cast(unix_timestamp(v) as char)', made: Number, csv: (field: string) => Date.parse(`${field.slice(0, 23).replace(' ', 'T')}Z`) / 1000 },
} as const;

export interface Entry {
  readonly type: string;
  readonly field: string;
  readonly duckdb: string;
  /** As literals of SQL. */
  readonly values: readonly string[];
  /** How many of them no other system has room for. */
  readonly special?: number;
  readonly reading?: keyof typeof READINGS;
  readonly only?: 'mysql' | 'mariadb';
}

const text = (...values: string[]): string[] => values.map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
/** Every type with its edges; each table has NULL beside them. */
export const CORPUS: readonly Entry[] = [
  { type: 'tinyint', field: 'integer', duckdb: 'TINYINT', values: ['-128', '127'] },
  { type: 'tinyint(1)', field: 'integer', duckdb: 'TINYINT', values: ['0', '1', '-1'] },
  { type: 'tinyint unsigned', field: 'integer', duckdb: 'UTINYINT', values: ['255'] },
  { type: 'smallint', field: 'integer', duckdb: 'SMALLINT', values: ['-32768', '32767'] },
  { type: 'smallint unsigned', field: 'integer', duckdb: 'USMALLINT', values: ['65535'] },
  { type: 'mediumint unsigned', field: 'integer', duckdb: 'UINTEGER', values: ['16777215'] },
  { type: 'mediumint', field: 'integer', duckdb: 'INTEGER', values: ['-8388608', '8388607'] },
  { type: 'int', field: 'integer', duckdb: 'INTEGER', values: ['-2147483648', '2147483647'] },
  { type: 'int unsigned', field: 'integer', duckdb: 'UINTEGER', values: ['4294967295'] },
  { type: 'int(6) zerofill', field: 'integer', duckdb: 'UINTEGER', values: ['42'] },
  { type: 'bigint', field: 'integer', duckdb: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807', '9007199254740993'] },
  { type: 'bigint unsigned', field: 'integer', duckdb: 'UBIGINT', values: ['0', '9223372036854775808', '18446744073709551615'] },
  { type: 'bigint(20) zerofill', field: 'integer', duckdb: 'UBIGINT', values: ['42'] },
  { type: 'decimal(10,2)', field: 'number', duckdb: 'DECIMAL(10,2)', values: ['-99999999.99', '0', '1.10'] },
  { type: 'decimal(10,2) unsigned zerofill', field: 'number', duckdb: 'DECIMAL(10,2)', values: ['1.1'] },
  { type: 'decimal(5,5)', field: 'number', duckdb: 'DECIMAL(5,5)', values: ['0.00001', '-0.99999'] },
  { type: 'decimal(20)', field: 'number', duckdb: 'DECIMAL(20,0)', values: ['-99999999999999999999'] },
  { type: 'decimal(38,0)', field: 'number', duckdb: 'DECIMAL(38,0)', values: ['99999999999999999999999999999999999999'] },
  {
    type: 'decimal(65,30)',
    field: 'number',
    duckdb: 'VARCHAR',
    values: ['12345678901234567890123456789012345.123456789012345678901234567891', '-0.000000000000000000000000000001'],
  },
  {
    type: 'float',
    field: 'number',
    duckdb: 'FLOAT',
    values: ['0.1', '16777216', '16777217', '3.4028234e38', '1.17549435e-38', '-1.5', '-0e0', '0.33333334'],
    reading: 'float',
  },
  { type: 'float(7,3)', field: 'number', duckdb: 'FLOAT', values: ['1234.567', '-0.001'], reading: 'float' },
  { type: 'float unsigned', field: 'number', duckdb: 'FLOAT', values: ['1e-7', '123456.79'], reading: 'float' },
  {
    type: 'double',
    field: 'number',
    duckdb: 'DOUBLE',
    values: ['0.1', '1.7976931348623157e308', '2.2250738585072014e-308', '0.30000000000000004', '-1e21', '-0e0'],
    reading: 'double',
  },
  { type: 'double(12,3)', field: 'number', duckdb: 'DOUBLE', values: ['123456789.123', '-0.001', '0', '1e-3'], reading: 'double' },
  { type: 'double(10,2) zerofill', field: 'number', duckdb: 'DOUBLE', values: ['1.5'], reading: 'double' },
  { type: 'year', field: 'integer', duckdb: 'USMALLINT', values: ['0', '1901', '2155'] },
  { type: 'bit(1)', field: 'integer', duckdb: 'UBIGINT', values: ["b'1'", "b'0'"], reading: 'bits' },
  { type: 'bit(10)', field: 'integer', duckdb: 'UBIGINT', values: ["b'1000000001'"], reading: 'bits' },
  { type: 'bit(64)', field: 'integer', duckdb: 'UBIGINT', values: ["x'ffffffffffffffff'"], reading: 'bits' },
  { type: 'date', field: 'date', duckdb: 'DATE', values: text('1000-01-01', '1582-10-10', '9999-12-31') },
  { type: 'date', field: 'date', duckdb: 'VARCHAR', values: text('0000-00-00', '2025-00-10', '2025-10-00', '2025-10-10'), special: 3 },
  { type: 'date', field: 'date', duckdb: 'VARCHAR', values: text('2025-02-31', '1900-02-29', '2025-04-31', '0000-03-01', '2024-02-29'), special: 4 },
  {
    type: 'datetime(6)',
    field: 'datetime',
    duckdb: 'TIMESTAMP',
    values: text('1000-01-01 00:00:00', '2025-01-02 15:30:45.123456', '9999-12-31 23:59:59.999999'),
  },
  { type: 'datetime', field: 'datetime', duckdb: 'VARCHAR', values: text('0000-00-00 00:00:00', '2025-01-02 15:30:45'), special: 1 },
  {
    type: 'datetime(6)',
    field: 'datetime',
    duckdb: 'VARCHAR',
    values: text('2025-04-31 10:00:00.5', '2025-00-10 10:00:00', '0000-00-00 10:00:00', '2024-02-29 23:59:59'),
    special: 3,
  },
  {
    type: 'timestamp(6) null',
    field: 'datetime',
    duckdb: 'TIMESTAMP',
    values: text('2025-01-02 15:30:45.123', '2025-03-30 02:30:00', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999'),
    reading: 'instant',
  },
  { type: 'timestamp null', field: 'datetime', duckdb: 'VARCHAR', values: text('0000-00-00 00:00:00', '2025-01-02 15:30:45'), special: 1 },
  { type: 'time(6)', field: 'time', duckdb: 'TIME', values: text('00:00:00', '23:59:59.999999') },
  { type: 'time', field: 'time', duckdb: 'TIME', values: text('00:00:00', '23:59:59') },
  { type: 'time(6)', field: 'time', duckdb: 'VARCHAR', values: text('-838:59:59', '838:59:58.999999', '24:00:00', '-00:00:00.5', '23:59:59'), special: 4 },
  { type: 'char(5)', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñandú', 'ab') },
  { type: 'varchar(40)', field: 'string', duckdb: 'VARCHAR', values: text(...TEXTS) },
  { type: 'longtext', field: 'string', duckdb: 'VARCHAR', values: text(...TEXTS) },
  { type: 'tinytext', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñ') },
  { type: 'mediumtext', field: 'string', duckdb: 'VARCHAR', values: ["repeat('汉,', 100000)"] },
  { type: 'varchar(20)', field: 'string', duckdb: 'VARCHAR', values: ["'a\\0b'"] },
  { type: 'varchar(20) character set latin1', field: 'string', duckdb: 'VARCHAR', values: text('Ñandú €', 'ÿ') },
  { type: 'varchar(20) character set latin1 collate latin1_bin', field: 'string', duckdb: 'VARCHAR', values: ["x'8081ff'", ...text('“cp1252”')] },
  { type: 'varchar(20) character set cp1251', field: 'string', duckdb: 'VARCHAR', values: text('Привет') },
  { type: 'varchar(20) character set ucs2', field: 'string', duckdb: 'VARCHAR', values: text('', 'ñ汉') },
  { type: 'varchar(20) character set utf32', field: 'string', duckdb: 'VARCHAR', values: text('😀') },
  { type: 'varchar(20) character set gbk', field: 'string', duckdb: 'VARCHAR', values: text('汉字') },
  { type: 'varchar(20) character set gb18030', field: 'string', duckdb: 'VARCHAR', values: text('汉字😀'), only: 'mysql' },
  { type: 'varchar(20) character set utf16', field: 'string', duckdb: 'VARCHAR', values: text('汉😀') },
  { type: 'varchar(20) character set sjis', field: 'string', duckdb: 'VARCHAR', values: text('テスト') },
  { type: "enum('a','b,c','')", field: 'string', duckdb: 'VARCHAR', values: text('a', 'b,c', '') },
  { type: "enum('ñ','x') character set latin1", field: 'string', duckdb: 'VARCHAR', values: text('ñ') },
  { type: "set('x','y')", field: 'string', duckdb: 'VARCHAR', values: text('', 'x', 'x,y') },
  {
    type: 'json',
    field: 'any',
    duckdb: 'VARCHAR',
    values: text('{"a": [1, "ñ"], "n": 12345678901234567890}', 'null', '"x"', '[1.5, 1e300, -0.0, "\\u0000"]', '"línea\\n"'),
    only: 'mysql',
  },
  { type: 'json', field: 'string', duckdb: 'VARCHAR', values: text('{"b":1, "a" : [1.10]}'), only: 'mariadb' },
  { type: 'binary(3)', field: 'string', duckdb: 'VARCHAR', values: ["x'00ff0a'"], reading: 'bytes' },
  { type: 'varbinary(10)', field: 'string', duckdb: 'VARCHAR', values: ["x''", "x'2c22'"], reading: 'bytes' },
  { type: 'blob', field: 'string', duckdb: 'VARCHAR', values: ["x'000102fffe'"], reading: 'bytes' },
  { type: 'tinyblob', field: 'string', duckdb: 'VARCHAR', values: ["x''", "x'00'"], reading: 'bytes' },
  { type: 'mediumblob', field: 'string', duckdb: 'VARCHAR', values: ["repeat(x'ff', 70000)"], reading: 'bytes' },
  { type: 'longblob', field: 'string', duckdb: 'VARCHAR', values: ["x'0a'"], reading: 'bytes' },
  { type: 'varchar(5) character set binary', field: 'string', duckdb: 'VARCHAR', values: ["x'ff'"], reading: 'bytes' },
  { type: 'geometry', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0))')"], reading: 'bytes' },
  { type: 'linestring', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('LINESTRING(0 0,1 1)')"], reading: 'bytes' },
  { type: 'multipoint', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('MULTIPOINT(0 0,1 1)')"], reading: 'bytes' },
  { type: 'geometrycollection', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('GEOMETRYCOLLECTION(POINT(1 1))')"], reading: 'bytes' },
  { type: 'point', field: 'string', duckdb: 'VARCHAR', values: ["st_geomfromtext('POINT(1 2)')"], reading: 'bytes' },
  { type: 'uuid', field: 'string', duckdb: 'UUID', values: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), only: 'mariadb' },
  { type: 'inet6', field: 'string', duckdb: 'VARCHAR', values: text('2001:db8::1'), only: 'mariadb' },
  { type: 'inet4', field: 'string', duckdb: 'VARCHAR', values: text('10.0.0.1'), only: 'mariadb' },
];
