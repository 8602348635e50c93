import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nestingProblem } from './nesting.ts';
import { MAX_PIPELINE_BYTES, readPipelineFile } from './read-file.ts';
import { parsePipeline } from './read.ts';

describe('what has the name of a pipeline', () => {
  let folder: string;
  const server = createServer();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'esclusa-'));
    await mkdir(join(folder, 'folder'));
    await symlink('nowhere', join(folder, 'dangling'));
    await symlink('loop', join(folder, 'loop'));
    await writeFile(join(folder, 'file'), 'job: zeta\n');
    await symlink('file', join(folder, 'link'));
    await writeFile(join(folder, 'full'), 'x'.repeat(MAX_PIPELINE_BYTES));
    await writeFile(join(folder, 'large'), 'x'.repeat(MAX_PIPELINE_BYTES + 1));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['folder', /a folder; move it/],
    ['dangling', /leads nowhere/],
    ['loop', /leads to itself/],
    ['fifo', /no regular file/],
    ['socket', /socket/],
    ['large', /more than \d+ bytes/],
    ['missing', /can't be read/],
  ])('and is none: %s', async (name, problem) => {
    expect(await readPipelineFile(join(folder, name))).toEqual({ problem: expect.stringMatching(problem) });
  });

  test.each(['file', 'link'])('and is one: %s', async (name) => {
    expect(await readPipelineFile(join(folder, name))).toEqual({ text: 'job: zeta\n' });
  });

  test('may be as long as the bound', async () => {
    expect(await readPipelineFile(join(folder, 'full'))).toMatchObject({ text: expect.any(String) });
  });
});

describe('YAML that would hold up everything', () => {
  test.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', 'a: {b: '.repeat(2_000)],
    ['brackets over lines', '[\n'.repeat(2_000)],
    ['dashes', `${'- '.repeat(10_000)}x`],
    ['questions', `${'? '.repeat(10_000)}x`],
    ['tags', `${'!a '.repeat(10_000)}x`],
    ['steps', Array.from({ length: 700 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['lines', 'a: 1\n'.repeat(50_000)],
  ])('%s', (_, text) => {
    expect(nestingProblem(text)).toEqual(expect.stringMatching(/too deep|lines/));
    expect(parsePipeline('x.yaml', text)).toMatchObject([{ file: 'x.yaml', line: 1 }]);
  });

  test.each([
    'job: zeta\ndatasets:\n  a: { columns: [id, b], query: "select a[1] from t" }\n',
    `job: zeta\ndatasets:\n${Array.from({ length: 1_000 }, (_, n) => `  d${n}:\n    query: |\n      select x[1:2], '{' from t\n      - - -\n`).join('')}`,
  ])('is none that anybody writes %#', (text) => {
    expect(nestingProblem(text)).toBeUndefined();
  });
});

test.each([
  ['job: zeta\ndatasets:\n  __proto__: {}\n  a:\n', 3, 'datasets.__proto__'],
  ['job: zeta\nsource:\n  __proto__: x\ndatasets:\n  a:\n', 3, 'source.__proto__'],
  ['job: zeta\ndatasets:\n  a:\n    __proto__: { query: x }\n', 4, 'datasets.a.__proto__'],
  ['job: zeta\n__proto__:\n  x: 1\ndatasets:\n  a:\n', 2, '__proto__'],
])('__proto__ does not vanish without a word %#', (text, line, field) => {
  expect(parsePipeline('x.yaml', text)).toEqual([{ file: 'x.yaml', line, field, message: expect.stringContaining('may have this name') }]);
});

test.each(['constructor', 'toString', 'hasOwnProperty'])('%s is a name like any other', (name) => {
  expect(parsePipeline('x.yaml', `job: zeta\ndatasets:\n  ${name}: { a: 1 }\n`)).toMatchObject({ datasets: { [name]: { a: 1 } } });
});
