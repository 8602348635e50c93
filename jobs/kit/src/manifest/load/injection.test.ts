import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PLAIN } from '../../csv/rules.ts';
import { inDuckdb } from '../../testing/duckdb.ts';
import type { WrittenColumn } from '../field.ts';
import { athenaLoad } from './athena.ts';
import { duckdbLoad } from './duckdb.ts';
import { nameInComment } from './file.ts';
import { pandasLoad } from './pandas.ts';
import { postgresqlLoad } from './postgresql.ts';
import { redshiftLoad } from './redshift.ts';

const counts = { nulls: 0, emptyStrings: 0, lineBreaks: 0, nulBytes: 0, special: 0, lossy: 0 };
const column = (name: string, more: Partial<WrittenColumn> = {}): WrittenColumn => ({ name, sourceType: 'text', values: { kind: 'text' }, counts, ...more });
const load = (columns: readonly WrittenColumn[], urls: readonly string[] = ['s3://lago/d.csv']) => ({
  dataset: 'd',
  urls,
  columns,
  longestRecord: 10,
  headerBytes: 2,
  dialect: PLAIN,
});

/** Names that end a literal, a name, a comment or a line somewhere. */
const part = fc.constantFrom(
  "'",
  '"',
  '`',
  '\\',
  '\n',
  '\r',
  '\u2028',
  '\u0085',
  '$$',
  '$(id)',
  '--',
  '/*',
  '*/',
  ';',
  '${x}',
  '{',
  '%',
  '😀',
  'a',
  ' ',
  "'''",
  '\\"',
  '\t',
);
const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });

/** A text of Python or JSON in quotes at a place, and what comes behind it. */
const PYTHON_TEXT = /"(?:[^"\\\n\r]|\\["\\bfnrt/]|\\u[0-9a-f]{4})*"/gy;

/** SQL with N for each name in double quotes. */
const unquoted = (text: string): string => text.replace(/"(?:[^"]|"")*"/g, 'N');

describe('a load line that somebody copies', () => {
  test('holds names as names, in DuckDB', async () => {
    await inDuckdb(async (connection) => {
      await fc.assert(
        fc.asyncProperty(names, async (names) => {
          // The columns of read_csv stand in a struct's literal, which is evaluated as it is.
          const line = duckdbLoad(load(names.map((each) => column(each))));
          const [, struct = ''] = /columns = (\{.*\})\);$/s.exec(line) ?? [];
          const read = await connection.runAndReadAll(`select json_keys(to_json(${struct}))`);
          expect((read.getRowsJson()[0] as [string[]])[0]).toEqual(names);
        }),
        { numRuns: 40 },
      );
    });
  });

  test('is of that file alone, in DuckDB, whatever stands in its key', async () => {
    await inDuckdb(async (connection) => {
      for (const url of ['/tmp/a*b?[c].csv', "/tmp/l'eau\\.csv"]) {
        const [, path = ''] = /read_csv\((.*?), auto_detect/.exec(duckdbLoad(load([column('a')], [url]))) ?? [];
        expect((await connection.runAndReadAll(`select ${path}`)).getRowsJson()).toEqual([[url.replace(/[*?[]/g, '[$&]')]]);
      }
    });
  });

  test('is one expression of Python with the names in it', () => {
    fc.assert(
      fc.property(names, (names) => {
        const line = pandasLoad(load(names.map((each) => column(each))));
        const [, dtypes = ''] = /dtype=\{(.*)\}, keep_default_na/s.exec(line) ?? [];
        const found: string[] = [];
        PYTHON_TEXT.lastIndex = 0;
        for (let at = 0; at < dtypes.length; at = PYTHON_TEXT.lastIndex + 2) {
          PYTHON_TEXT.lastIndex = at;
          const [key] = PYTHON_TEXT.exec(dtypes) ?? [];
          expect(key).toBeDefined();
          found.push(JSON.parse(key ?? '') as string);
          expect(dtypes.slice(PYTHON_TEXT.lastIndex)).toMatch(/^: "string"(, |$)/);
          PYTHON_TEXT.lastIndex += ': "string"'.length;
        }
        expect(found).toEqual(names);
        expect(line).not.toMatch(/[\n\r]/);
      }),
    );
  });

  test('has names in double quotes for PostgreSQL and Redshift, in backticks for Athena, and nothing behind them', () => {
    fc.assert(
      fc.property(names, (names) => {
        const columns = names.map((each) => column(each, { parquetType: 'STRING' }));
        const list = (type: string): string => `(${names.map(() => `N ${type}`).join(', ')})`;
        expect(unquoted(postgresqlLoad(load(columns)))).toMatch(`CREATE TABLE N ${list('text')};\nCOPY N FROM STDIN`);
        expect(unquoted(redshiftLoad('d', columns, 's3://lago/m'))).toMatch(`CREATE TABLE N ${list('varchar(max)')};\nCOPY N FROM 's3`);
        expect(athenaLoad({ dataset: 'd', columns, folder: 's3://lago/d/' }).replace(/`(?:[^`]|``)*`/g, 'N')).toMatch(
          `CREATE EXTERNAL TABLE N ${list('string')} STORED AS PARQUET LOCATION 's3://lago/d/';`,
        );
      }),
    );
  });

  test('ends no comment by a name', () => {
    fc.assert(
      fc.property(names, (names) => {
        const nul = postgresqlLoad(load(names.map((each) => column(each, { counts: { ...counts, nulBytes: 1 } }))));
        const twice = athenaLoad({ dataset: 'd', columns: [...names, ...names].map((each) => column(each)), folder: 's3://lago/d/' });
        for (const line of [nul, twice]) expect(line).toMatch(/^-- [^\n\r\u0085\u2028\u2029]*$/);
      }),
    );
    expect(nameInComment('a\n"; DROP TABLE x; --\u2028')).toBe(String.raw`"a\n\"; DROP TABLE x; --\u2028"`);
  });

  test.each([
    ['int); drop table x; --', 'text'],
    ['text\n', 'text'],
    ['"char"', '"char"'],
    ['numeric(12,-2)', 'numeric(12,-2)'],
    ['character varying(20)[]', 'character varying(20)[]'],
    ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
    ['interval day to second(6)', 'interval day to second(6)'],
  ])('has no type of PostgreSQL that only a server that lies has: %j', (postgresType, expected) => {
    expect(postgresqlLoad(load([column('a', { postgresType })]))).toContain(`("a" ${expected});`);
  });
});
