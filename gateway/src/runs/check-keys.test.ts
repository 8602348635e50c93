import { describe, expect, test } from '@jest/globals';
import { type Pipeline, formatProblem } from '../pipelines/pipeline.ts';
import { parsePipeline } from '../pipelines/read.ts';
import { keyProblems } from './check-keys.ts';

function pipeline(destination: string, datasets = 'a:', name = 'ventas'): Pipeline {
  const read = parsePipeline(`pipelines/${name}.yaml`, `job: zeta\ndatasets:\n  ${datasets}\n${destination}`);
  if (Array.isArray(read)) throw new Error(read.map(formatProblem).join('\n'));
  return read;
}

/** Problems as people read them. */
function problems(read: Pipeline, ledgerPrefix = '_esclusa/'): string[] {
  return keyProblems(read, ledgerPrefix).map(formatProblem);
}

const prefix = (text: string): string => `destination:\n  prefix: ${text}\n`;
const key = (text: string): string => `destination:\n  key: '${text}'\n`;

/** Bytes of a default key at its longest, that of a dataset's last file, but for the prefix. */
const around = (dataset: string): number => Buffer.byteLength(`/${dataset}_20250102_153045_00000000.part-9999.csv`);

describe('keys among the entries of the ledger', () => {
  test.each([
    ['a prefix that is its own', prefix('_esclusa')],
    ['a prefix below it', prefix('_esclusa/runs')],
    ['a template', key('_esclusa/{dataset}_{run}.csv')],
  ])('are refused: %s', (_, destination) => {
    expect(problems(pipeline(destination))).toEqual([
      expect.stringMatching(
        /^pipelines\/ventas\.yaml:5: destination\.(prefix|key): "_esclusa\/.* would lie below "_esclusa\/".*begin the keys with something else$/,
      ),
    ]);
  });

  test('are refused where the name of a dataset makes them so', () => {
    expect(problems(pipeline(key('{dataset}/{run}.csv'), '_esclusa:'))).toEqual([expect.stringContaining(':5: destination.key: "_esclusa/0')]);
    expect(problems(pipeline(key('{dataset}/{run}.csv'), 'esclusa:'))).toEqual([]);
  });

  test('are refused where the name of the pipeline makes them so, by default and in a template', () => {
    expect(problems(pipeline(''), 'ventas/')).toEqual([expect.stringMatching(/^pipelines\/ventas\.yaml:1: destination\.prefix: "ventas\/a_.*"ventas\/"/)]);
    expect(problems(pipeline(key('{pipeline}/{dataset}_{run}.csv')), 'ventas/')).toEqual([expect.stringContaining(':5: destination.key: ')]);
    expect(problems(pipeline(prefix('compras')), 'ventas/')).toEqual([]);
  });

  test('are not those of a neighbour, nor those above a prefix that lies deeper', () => {
    expect(problems(pipeline(prefix('_esclusa2')))).toEqual([]);
    expect(problems(pipeline(prefix('lago/_esclusa')))).toEqual([]);
    expect(problems(pipeline(prefix('lago')), 'lago/_esclusa/')).toEqual([]);
    expect(problems(pipeline(prefix('lago/_esclusa')), 'lago/_esclusa/')).toEqual([expect.stringContaining('"lago/_esclusa/"')]);
  });
});

/** The problem of a template that ends like another format. */
const said = (ending: string, dataset: string, format: string): unknown[] => [
  expect.stringContaining(`destination.key: ends with "${ending}", and dataset "${dataset}" is ${format} (format)`),
];

describe('keys that end like those of a format', () => {
  test.each([
    ['.csv', 'a: { format: parquet }', said('.csv', 'a', 'parquet')],
    ['.csv', 'a:\n  b: { format: parquet }', said('.csv', 'b', 'parquet')],
    ['.parquet', 'a: { format: parquet }\n  b:', said('.parquet', 'b', 'csv')],
    ['.parquet', 'a: { format: parquet, compression: gzip }', []],
    ['', 'a: { format: parquet }\n  b:', []],
  ])('%s: are refused for datasets that are of another: %j', (ending, datasets, expected) => {
    expect(problems(pipeline(key(`{dataset}_{run}${ending}`), datasets))).toEqual(expected);
  });
});

/** The problem of a template that ends with .gz, as people read it. */
const refused = (dataset: string): unknown[] => [
  expect.stringMatching(`^pipelines/ventas\\.yaml:\\d: destination\\.key: ends with ".gz", and dataset "${dataset}" is not compressed so`),
];

describe('keys that end like those of compressed files', () => {
  test.each([
    ['a:', refused('a')],
    ['a: { compression: zstd }', refused('a')],
    ['a: { compression: gzip }\n  b:', refused('b')],
    ['a: { compression: gzip }\n  b: { compression: gzip }', []],
  ])('are refused for datasets that are not compressed so: %j', (datasets, expected) => {
    expect(problems(pipeline(key('{dataset}_{run}.csv.gz'), datasets))).toEqual(expected);
  });

  test('are nobody’s business in a default key, nor in a template without such an ending', () => {
    expect(problems(pipeline(prefix('lago.gz'), 'a: { compression: zstd }'))).toEqual([]);
    expect(problems(pipeline(key('{dataset}_{run}.csv'), 'a: { compression: zstd }\n  b:'))).toEqual([]);
  });
});

describe('keys of two datasets that are one', () => {
  test.each([
    [
      'a:\n  a.part-0002:',
      [expect.stringMatching(/:6: destination\.key: ".*\/a\.part-0002\.csv", the key of dataset "a\.part-0002", is that of a further file/)],
    ],
    ['a:\n  a.part-0001:\n  a.part-2:\n  b.part-0002:', []],
  ])('are refused: %j', (datasets, expected) => {
    expect(problems(pipeline(key('{run}/{dataset}.csv'), datasets))).toEqual(expected);
    expect(problems(pipeline(prefix('lago'), datasets))).toEqual([]);
  });
});

describe('keys that S3 has no room for', () => {
  test('are refused by the byte, as they can get at their longest', () => {
    const dataset = 'd'.repeat(40);
    const most = 1_024 - around(dataset);
    expect(problems(pipeline(prefix('p'.repeat(most)), `${dataset}:`))).toEqual([]);
    expect(problems(pipeline(prefix('p'.repeat(most + 3)), `${dataset}:`))).toEqual([
      expect.stringMatching(
        /^pipelines\/ventas\.yaml:5: destination\.prefix: "p+…d+_20250102_153045_00000000\.part-9999\.csv" would be a key of 1027 bytes, and S3 takes 1024; make it shorter by 3$/,
      ),
    ]);
  });

  test('are counted in bytes of UTF-8, by the longest dataset', () => {
    const dataset = 'ñ'.repeat(100);
    expect(problems(pipeline(prefix('p'.repeat(1_024 - around(dataset))), `a:\n  ${dataset}:`))).toEqual([]);
    expect(problems(pipeline(prefix('p'.repeat(1_025 - around(dataset))), `a:\n  ${dataset}:`))).toEqual([expect.stringContaining('a key of 1025 bytes')]);
  });

  test('are those of a template with what stands in its placeholders', () => {
    const rest = Buffer.byteLength(`ventas/a/${'0'.repeat(36)}/_999.part-9999.csv`);
    expect(problems(pipeline(key(`{pipeline}/{dataset}/{run}/${'p'.repeat(1_024 - rest)}.csv`)))).toEqual([]);
    expect(problems(pipeline(key(`{pipeline}/{dataset}/{run}/${'p'.repeat(1_025 - rest)}.csv`)))).toEqual([
      expect.stringMatching(/^pipelines\/ventas\.yaml:5: destination\.key: "ventas\/a\/0.*1025 bytes/),
    ]);
  });

  test("are the ledger's too, which reserves a second under the first part of the keys", () => {
    const ledger = 'esclusa/libro/';
    const rest = Buffer.byteLength(`${ledger}stamps//20250102_153045.json`);
    expect(problems(pipeline(prefix('p'.repeat(1_024 - rest))), ledger)).toEqual([]);
    expect(problems(pipeline(prefix('p'.repeat(1_025 - rest))), ledger)).toEqual([
      expect.stringMatching(/destination\.prefix: "esclusa\/libro\/stamps\/p+…p+\/20250102_153045\.json" .* 1025/),
    ]);
  });
});
