import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Pipeline, formatProblem } from './pipeline.ts';
import { parsePipeline, readPipelines } from './read.ts';

const GOOD = `# Ventas
job: zeta
description: Productos y ofertas
source:
  ZETA_HOST: \${OTHER_HOST}
  ZETA_PORT: 5432
  ZETA_TLS: true
datasets:
  productos:
  ofertas:
    query: |
      select 1
destination:
  prefix: ventas/es
limits:
  memoryMiB: 512
`;

function good(text: string, file = 'pipelines/ventas.yaml'): Pipeline {
  const read = parsePipeline(file, text);
  if (Array.isArray(read)) throw new Error(read.map(formatProblem).join('\n'));
  return read;
}

/** What is wrong, as `line: field`. */
function problems(text: string, file = 'pipelines/ventas.yaml'): string[] {
  const read = parsePipeline(file, text);
  return Array.isArray(read) ? read.map(({ line, field }) => `${line}: ${field}`) : [];
}

describe('a pipeline file', () => {
  test('is read whole, named after its file', () => {
    expect(good(GOOD)).toMatchObject({
      name: 'ventas',
      file: 'pipelines/ventas.yaml',
      job: 'zeta',
      source: { ZETA_HOST: '${OTHER_HOST}', ZETA_PORT: '5432', ZETA_TLS: 'true' },
      datasets: { productos: {}, ofertas: { query: 'select 1\n' } },
      destination: { prefix: 'ventas/es' },
      limits: { memoryMiB: 512 },
    });
  });

  test('needs a job and a dataset, and the dataset needs nothing after its colon', () => {
    expect(good('job: zeta\ndatasets:\n  productos:\n')).toMatchObject({ datasets: { productos: {} }, source: {}, destination: {}, limits: {} });
    expect(problems('job: zeta\n')).toEqual(['1: datasets']);
    expect(problems('job: zeta\ndatasets: {}\n')).toEqual(['2: datasets']);
    expect(problems('')).toEqual(['1: ']);
  });

  test.each([
    ['an unknown field', 'job: zeta\ndatasets:\n  a:\nlimit:\n  cpus: 1\n', '4: limit'],
    ['an unknown limit', 'job: zeta\ndatasets:\n  a:\nlimits:\n  cpus: 1\n  memory: 5\n', '6: limits.memory'],
    ['a value of the wrong type', 'job: zeta\ndatasets:\n  a:\nlimits:\n  cpus: many\n', '5: limits.cpus'],
    ['a value out of bounds', 'job: zeta\ndatasets:\n  a:\nlimits: { memoryMiB: 1 }\n', '4: limits.memoryMiB'],
    ["a dataset's bad name", 'job: zeta\ndatasets:\n  a:\n  ../b:\n', '4: datasets.../b'],
    ['a dataset that is no map', 'job: zeta\ndatasets:\n  a:\n  b: [id]\n', '4: datasets.b'],
    ['defaults that are no map', 'job: zeta\ndefaults: [id]\ndatasets:\n  a:\n', '2: defaults'],
    ['a variable without a value', 'job: zeta\nsource:\n  ZETA_HOST:\ndatasets:\n  a:\n', '3: source.ZETA_HOST'],
    ['a prefix with slashes around it', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: /ventas/\n', '5: destination.prefix'],
    ['a prefix with a part that is hidden', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: ventas/.es\n', '5: destination.prefix'],
    ['a prefix with a part that is a home', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: ~ventas\n', '5: destination.prefix'],
    ['a prefix with a backslash', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: ventas\\es\n', '5: destination.prefix'],
    ['a template that two runs share', 'job: zeta\ndatasets:\n  a:\ndestination:\n  key: "{dataset}.csv"\n', '5: destination.key'],
    ['a template and a prefix', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: ventas\n  key: "{dataset}_{run}.csv"\n', '6: destination.key'],
    ['a prefix that is empty', 'job: zeta\ndatasets:\n  a:\ndestination:\n  prefix: ""\n', '5: destination.prefix'],
    ["a job's bad name", 'job: ../zeta\ndatasets:\n  a:\n', '1: job'],
    ['a list instead of a map', '- job: zeta\n', '1: '],
  ])('is refused for %s, with the line and the field', (_, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test.each([
    ['a bracket left open', 'job: zeta\ndatasets: [a\nlimits: {}\n', 3],
    ['a key that comes twice', 'job: zeta\ndatasets:\n  a: {}\n  a: {}\n', 4],
    ['a tab for indentation', 'job: zeta\ndatasets:\n\ta:\n', 3],
    ['two documents', 'job: zeta\n---\njob: zeta\n', 2],
  ])('is refused as no YAML for %s, with the line', (_, text, line) => {
    const read = parsePipeline('ventas.yaml', text);
    expect(read).toContainEqual({ file: 'ventas.yaml', line, field: '', message: expect.stringMatching(/^not valid YAML: /) });
  });

  test('gives every dataset its defaults, but for what the dataset says itself', () => {
    const read = good('job: zeta\ndefaults:\n  columns: [id]\n  strict: true\ndatasets:\n  a:\n  b: { columns: [id, nombre], limit: 5 }\n');
    expect(read.datasets).toEqual({ a: { columns: ['id'], strict: true }, b: { columns: ['id', 'nombre'], strict: true, limit: 5 } });
    expect(good('job: zeta\ndefaults:\ndatasets:\n  a:\n').datasets).toEqual({ a: {} });
  });

  test('knows which fields stand among the defaults', () => {
    const pipeline = good('job: zeta\ndefaults: { x: 1, y: [1] }\ndatasets:\n  a: { x: 2 }\n');
    const paths = [
      ['datasets', 'a', 'x'],
      ['datasets', 'a', 'y', '0'],
      ['datasets', 'a', 'z'],
      ['datasets', 'a'],
      ['source', 'y'],
    ];
    expect(paths.map((path) => pipeline.placeOf(path).join('.'))).toEqual(['datasets.a.x', 'defaults.y.0', 'datasets.a.z', 'datasets.a', 'source.y']);
  });

  test('may give its keys by a template', () => {
    const read = good('job: zeta\ndatasets:\n  a:\ndestination:\n  key: "{pipeline}/dt={date}/{dataset}_{time}.csv"\n');
    expect(read.destination).toEqual({ key: '{pipeline}/dt={date}/{dataset}_{time}.csv' });
  });

  test.each(['*/5 * * * *', '* * * * *', '@daily'])('tells once that a schedule of %s needs quotes', (cron) => {
    const read = parsePipeline('ventas.yaml', `job: zeta\nschedule: ${cron}\ndatasets:\n  a:\n`);
    expect(read).toEqual([{ file: 'ventas.yaml', line: 2, field: '', message: expect.stringMatching(/^not valid YAML: .* in quotes$/) }]);
  });

  test.each([
    ['an alias to nothing', 'job: zeta\ndatasets:\n  a: *nothing\n'],
    [
      'aliases that grow without bound',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e'].map((name, n) => `${name}: &${name} [${Array(10).fill(`*${'abcd'[n]}`).join()}]\n`).join('')}`,
    ],
  ])('is refused, not fallen over, for %s', (_, text) => {
    expect(parsePipeline('ventas.yaml', text)).toEqual([expect.objectContaining({ message: expect.stringMatching(/^not valid YAML: /) })]);
  });

  test('lists every problem, in the words of the rule that was broken', () => {
    const read = parsePipeline('ventas.yaml', 'job: Zeta\ndatasets:\n  a b:\nlimits:\n  cpus: 0\nlimit: 5\n') as { line: number; message: string }[];
    expect(new Set(read.map(({ line }) => line))).toEqual(new Set([1, 3, 5, 6]));
    expect(read.find(({ line }) => line === 3)?.message).toContain('a dataset name has');
    expect(read.find(({ line }) => line === 6)?.message).toBe('unknown field');
  });

  test.each(['Ventas.yaml', 'ventas es.yaml', '.yaml', '-x.yaml'])('may not be called %s', (file) => {
    expect(problems(GOOD, `pipelines/${file}`)).toEqual(['1: ']);
  });

  test('knows the line of each field, and of the closest one for a field that is not there', () => {
    const pipeline = good(GOOD);
    const paths = [
      ['job'],
      ['source', 'ZETA_PORT'],
      ['datasets', 'ofertas'],
      ['datasets', 'ofertas', 'query'],
      ['datasets', 'ofertas', 'columns', 0],
      ['nowhere'],
    ];
    expect(paths.map((path) => pipeline.lineOf(path))).toEqual([2, 6, 10, 11, 10, 1]);
  });

  test('shows a problem as file, line and field', () => {
    expect(formatProblem({ file: 'a.yaml', line: 3, field: 'limits.cpus', message: 'no' })).toBe('a.yaml:3: limits.cpus: no');
    expect(formatProblem({ file: 'a.yaml', line: 3, field: '', message: 'no' })).toBe('a.yaml:3: no');
  });
});

describe('a folder of pipelines', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'esclusa-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('gives the good ones and the problems of all the others', async () => {
    await writeFile(join(folder, 'a.yaml'), GOOD);
    await writeFile(join(folder, 'b.yml'), GOOD);
    await writeFile(join(folder, 'c.yaml'), 'job: zeta\n');
    await writeFile(join(folder, 'd.yaml'), 'job: [\n');
    await writeFile(join(folder, 'README.md'), 'no pipeline');
    await mkdir(join(folder, 'old'));
    const { pipelines, problems: found } = await readPipelines(folder);
    expect(pipelines.map(({ name }) => name)).toEqual(['a', 'b']);
    expect([...new Set(found.map(({ file }) => file))]).toEqual([join(folder, 'c.yaml'), join(folder, 'd.yaml')]);
  });

  test('that is not there is a problem that names the setting', async () => {
    const { pipelines, problems: found } = await readPipelines(join(folder, 'nowhere'));
    expect(pipelines).toEqual([]);
    expect(found).toEqual([expect.objectContaining({ message: expect.stringContaining('PIPELINES_DIR') })]);
  });
});
