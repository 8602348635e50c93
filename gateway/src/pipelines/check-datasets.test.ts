import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type JobJson, jobJsonSchema } from '@esclusa/contract';
import { checkAgainstJob } from './check-datasets.ts';
import { formatProblem } from './pipeline.ts';
import { parsePipeline } from './read.ts';

const JOB: JobJson = jobJsonSchema.parse({
  name: 'zeta',
  description: 'Extracts zetas.',
  contract: 1,
  modes: ['run'],
  environment: [
    { name: 'ZETA_HOST', description: '' },
    { name: 'ZETA_PASSWORD', description: '', secret: true },
  ],
  datasets: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { table: { type: 'string' }, query: { type: 'string' }, columns: { type: 'array', items: { type: 'string', minLength: 1 } } },
    additionalProperties: false,
    dependentSchemas: { query: { not: { required: ['table'] } } },
  },
  limits: { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 },
});

async function check(text: string, job = JOB): Promise<string[]> {
  const pipeline = parsePipeline('ventas.yaml', text);
  if (Array.isArray(pipeline)) throw new Error(pipeline.map(formatProblem).join('\n'));
  return (await checkAgainstJob(pipeline, job)).map(formatProblem);
}

describe('a pipeline against its job', () => {
  test('has no problem when it keeps to what the job says', async () => {
    expect(await check('job: zeta\nsource:\n  ZETA_HOST: db\n  ZETA_PASSWORD: ${OTHER}\ndatasets:\n  a:\n  b: { query: select 1 }\n')).toEqual([]);
  });

  test('is told the line and the name of an unknown field', async () => {
    expect(await check('job: zeta\ndatasets:\n  a:\n    table: x\n    colums: [id]\n')).toEqual(['ventas.yaml:5: datasets.a.colums: unknown field']);
  });

  test('is told the line of a wrong value, deep ones too', async () => {
    expect(await check('job: zeta\ndatasets:\n  a:\n    columns:\n      - id\n      - ""\n')).toEqual([
      expect.stringMatching(/^ventas\.yaml:6: datasets\.a\.columns\.1: /),
    ]);
  });

  test('is told of fields that do not go together', async () => {
    expect(await check('job: zeta\ndatasets:\n  a:\n    table: x\n    query: select 1\n')).toEqual([
      expect.stringMatching(/^ventas\.yaml:3: datasets\.a: .*together/),
    ]);
  });

  test('is told of a default where it stands, once for all datasets that have it', async () => {
    const text = 'job: zeta\ndefaults:\n  colums: [id]\n  columns:\n    - ""\ndatasets:\n  a:\n  b:\n  c: { columns: [id] }\n';
    expect(await check(text)).toEqual(['ventas.yaml:3: defaults.colums: unknown field', expect.stringMatching(/^ventas\.yaml:5: defaults\.columns\.0: /)]);
  });

  test('is told of a value in the place of a default where that stands', async () => {
    expect(await check('job: zeta\ndefaults:\n  table: x\ndatasets:\n  a:\n  b:\n    table: 1\n')).toEqual([
      expect.stringMatching(/^ventas\.yaml:7: datasets\.b\.table: /),
    ]);
  });

  test('is told of a default that does not go with what a dataset says', async () => {
    expect(await check('job: zeta\ndefaults:\n  table: x\ndatasets:\n  a:\n  b:\n    query: select 1\n')).toEqual([
      expect.stringMatching(/^ventas\.yaml:6: datasets\.b: .*together/),
    ]);
  });

  test('is told of a variable that the job does not have, and which it has', async () => {
    expect(await check('job: zeta\nsource:\n  ZETA_HSOT: db\ndatasets:\n  a:\n')).toEqual([
      expect.stringMatching(/^ventas\.yaml:3: source\.ZETA_HSOT: .*ZETA_HOST/),
    ]);
  });

  test.each(['hunter2', '"${OTHER:-hunter2}"', 'hunter2${OTHER}', '"${OTHER}hunter2"', '"${OTHER}${OTHER}"', '""'])(
    'may not hold the secret %s itself',
    async (value) => {
      const problems = await check(`job: zeta\nsource:\n  ZETA_PASSWORD: ${value}\ndatasets:\n  a:\n`);
      expect(problems).toEqual([expect.stringMatching(/^ventas\.yaml:3: source\.ZETA_PASSWORD: a secret/)]);
      expect(problems.join()).not.toContain('hunter2');
    },
  );

  test('is told every problem', async () => {
    expect(await check('job: zeta\nsource:\n  X: 1\n  ZETA_PASSWORD: p\ndatasets:\n  a: { x: 1, y: 2 }\n  b: { table: 1 }\n')).toHaveLength(5);
  });
});

// Whatever jobs there are: this file knows none of them.
const JOBS = new URL('../../../jobs/', import.meta.url);
const real = readdirSync(JOBS).flatMap((folder): JobJson[] => {
  try {
    return [jobJsonSchema.parse(JSON.parse(readFileSync(new URL(`${folder}/job.json`, JOBS), 'utf8')))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
});

describe.each(real.map((job) => [job.name, job] as const))('the job %s', (name, job) => {
  test('takes a dataset without options, and refuses an unknown one on its line', async () => {
    expect(await check(`job: ${name}\ndatasets:\n  a:\n`, job)).toEqual([]);
    expect(await check(`job: ${name}\ndatasets:\n  a:\n    no_such_option: 1\n`, job)).toEqual(['ventas.yaml:4: datasets.a.no_such_option: unknown field']);
  });

  test('has a secret, which is refused when it stands in a pipeline', async () => {
    const secrets = job.environment.filter((variable) => variable.secret).map((variable) => variable.name);
    expect(secrets).not.toEqual([]);
    for (const secret of secrets) expect(await check(`job: ${name}\nsource:\n  ${secret}: hunter2\ndatasets:\n  a:\n`, job)).toHaveLength(1);
  });
});
