import { describe, expect, test } from '@jest/globals';
import type { ValueType } from '../../columns/value-type.ts';
import { parquetType, parquetTypeName } from '../../parquet/types.ts';
import type { WrittenColumn } from '../field.ts';
import { athenaLoad } from './athena.ts';
import { parquetLoad } from './parquet.ts';
import { redshiftLoad, redshiftManifest } from './redshift.ts';

const counts = { nulls: 0, emptyStrings: 0, lineBreaks: 0, nulBytes: 0, special: 0, lossy: 0 };

function column(name: string, values: ValueType): WrittenColumn {
  return { name, sourceType: values.kind, values, parquetType: parquetTypeName(parquetType(values)), counts };
}

const KINDS: readonly [ValueType, parquet: string, athena: string, redshift: string][] = [
  [{ kind: 'boolean', trueValue: 't', falseValue: 'f' }, 'BOOLEAN', 'boolean', 'boolean'],
  [{ kind: 'integer', bits: 8 }, 'INT(8)', 'tinyint', 'smallint'],
  [{ kind: 'integer', bits: 16 }, 'INT(16)', 'smallint', 'smallint'],
  [{ kind: 'integer', bits: 32 }, 'INT(32)', 'int', 'integer'],
  [{ kind: 'integer', bits: 64 }, 'INT(64)', 'bigint', 'bigint'],
  [{ kind: 'integer', bits: 8, unsigned: true }, 'INT(16)', 'smallint', 'smallint'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'INT(64)', 'bigint', 'bigint'],
  [{ kind: 'integer', bits: 64, unsigned: true }, 'DECIMAL(20,0)', 'decimal(20,0)', 'decimal(20,0)'],
  [{ kind: 'decimal', precision: 38, scale: 10 }, 'DECIMAL(38,10)', 'decimal(38,10)', 'decimal(38,10)'],
  [{ kind: 'decimal', precision: 39, scale: 0 }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'decimal', precision: 3, scale: -2 }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'decimal', precision: 3, scale: 5 }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'decimal' }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'float', bits: 32 }, 'FLOAT', 'float', 'real'],
  [{ kind: 'float', bits: 64 }, 'DOUBLE', 'double', 'double precision'],
  [{ kind: 'date' }, 'DATE', 'date', 'date'],
  [{ kind: 'datetime', zone: true }, 'TIMESTAMP(MICROS,UTC)', 'timestamp', 'timestamp'],
  [{ kind: 'datetime', zone: false }, 'TIMESTAMP(MICROS,local)', 'timestamp', 'timestamp'],
  [{ kind: 'time' }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'duration' }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'uuid' }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'binary', encoding: 'base64' }, 'BYTE_ARRAY', 'binary', 'varbyte(1024000)'],
  [{ kind: 'json' }, 'STRING', 'string', 'varchar(max)'],
  [{ kind: 'text' }, 'STRING', 'string', 'varchar(max)'],
];

describe('load lines of Parquet', () => {
  test.each(KINDS)('%j is %s, of Athena %s and of Redshift %s', (values, parquet, athena, redshift) => {
    const written = column('c', values);
    expect(written.parquetType).toBe(parquet);
    const folder = 's3://lago/ventas/1/';
    expect(athenaLoad({ dataset: 'ventas', columns: [written], folder })).toBe(
      `CREATE EXTERNAL TABLE \`ventas\` (\`c\` ${athena}) STORED AS PARQUET LOCATION '${folder}';`,
    );
    expect(redshiftLoad('ventas', [written], 's3://lago/a.part-list.json')).toBe(
      `CREATE TABLE "ventas" ("c" ${redshift});\nCOPY "ventas" FROM 's3://lago/a.part-list.json' IAM_ROLE default FORMAT AS PARQUET MANIFEST;`,
    );
  });

  test('of one file, and of several', () => {
    expect(parquetLoad({ dataset: 'ventas', urls: ["s3://lago/l'eau.parquet"] })).toMatchObject({
      duckdb: `CREATE TABLE "ventas" AS SELECT * FROM read_parquet('s3://lago/l''eau.parquet');`,
      pandas: `pandas.read_parquet("s3://lago/l'eau.parquet", dtype_backend='pyarrow')`,
    });
    expect(parquetLoad({ dataset: 'ventas', urls: ['s3://lago/1', 's3://lago/2'] })).toMatchObject({
      duckdb: `CREATE TABLE "ventas" AS SELECT * FROM read_parquet(['s3://lago/1', 's3://lago/2']);`,
      pandas: `pandas.concat([pandas.read_parquet(url, dtype_backend='pyarrow') for url in ["s3://lago/1", "s3://lago/2"]], ignore_index=True)`,
    });
  });

  test('Athena knows no names that differ in case alone, and no folder that holds others’ files', () => {
    const columns = ['a', 'A', 'b'].map((name) => column(name, { kind: 'text' }));
    expect(athenaLoad({ dataset: 'v', columns, folder: 's3://lago/v/' })).toMatch(/^-- not to be read by Athena.*: "a", "A";/);
    expect(athenaLoad({ dataset: 'v', columns: columns.slice(1), folder: undefined })).toMatch(/^-- Athena reads all files of a folder.*destination\.key/);
    expect(athenaLoad({ dataset: 'Ventas', columns: columns.slice(1), folder: 's3://lago/v/' })).toContain('`ventas` (`a` string, `b` string)');
  });

  test('Redshift loads exactly the files of its manifest, columns by their place', () => {
    expect(
      JSON.parse(
        redshiftManifest([
          { url: 's3://lago/1', bytes: 5 },
          { url: 's3://lago/2', bytes: 7 },
        ]),
      ),
    ).toEqual({
      entries: [
        { url: 's3://lago/1', mandatory: true, meta: { content_length: 5 } },
        { url: 's3://lago/2', mandatory: true, meta: { content_length: 7 } },
      ],
    });
    const columns = ['a', 'A'].map((name) => column(name, { kind: 'text' }));
    expect(redshiftLoad('v', columns, 's3://lago/m.json')).toContain('("a" varchar(max), "A_2" varchar(max))');
    expect(redshiftLoad('v', columns, undefined)).toMatch(/^-- .*redshiftManifest: true/);
  });
});
