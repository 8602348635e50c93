import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type JobJson, jobJsonSchema } from '@esclusa/contract';
import { Catalogue, PipelinesError } from './catalogue.ts';
import type { Pipeline, PipelineProblem } from './pipeline.ts';

const JOB = jobJsonSchema.parse({
  name: 'zeta',
  description: 'Extracts zetas.',
  contract: 1,
  modes: ['run'],
  environment: [],
  datasets: { type: 'object', additionalProperties: false },
  limits: { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 },
});
const describeJob = async (name: string): Promise<JobJson> => {
  if (name !== 'zeta') throw new Error(`no image of ${name}`);
  return JOB;
};
const notTaken = ({ destination, file }: Pipeline): PipelineProblem[] =>
  destination.prefix === 'taken' ? [{ file, line: 1, field: 'destination.prefix', message: 'is taken' }] : [];
const GOOD = 'job: zeta\ndatasets:\n  a:\n';

describe('the catalogue', () => {
  let folder: string;
  let writes = 0;
  /** Writes a file, at a time of its own whatever the clock of the file system. */
  const write = async (file: string, text: string): Promise<void> => {
    await writeFile(join(folder, file), text);
    await utimes(join(folder, file), 1, ++writes);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'esclusa-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('gives a pipeline with its job', async () => {
    await write('ventas.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    expect(await catalogue.get('ventas')).toMatchObject({ pipeline: { name: 'ventas' }, job: { name: 'zeta' } });
  });

  test('names the pipelines that there are when one is asked for that is not', async () => {
    await write('ventas.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    for (const name of ['compras', '', '__proto__', '../ventas']) {
      await expect(catalogue.get(name)).rejects.toMatchObject({ code: 'PIPELINE_NOT_FOUND', message: expect.stringContaining('ventas') });
    }
  });

  test('does not load with problems, and tells those of every file, also those that only the job can see', async () => {
    await write('a.yaml', 'job: zeta\n');
    await write('b.yaml', 'job: zeta\ndatasets:\n  a: { x: 1 }\n');
    await expect(Catalogue.load(folder, describeJob)).rejects.toThrow(PipelinesError);
    await expect(Catalogue.load(folder, describeJob)).rejects.toThrow(/a\.yaml:1: datasets: [^]*b\.yaml:3: datasets\.a\.x: /);
  });

  test('does not load with a problem that only the gateway can see, and keeps the last good version of a file that gets one', async () => {
    await write('compras.yaml', `${GOOD}destination: { prefix: taken }\n`);
    await expect(Catalogue.load(folder, describeJob, notTaken)).rejects.toThrow(/compras\.yaml:1: destination\.prefix: is taken/);
    await write('compras.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob, notTaken);
    await write('compras.yaml', `${GOOD}destination: { prefix: taken }\n`);
    expect((await catalogue.get('compras')).pipeline.destination).toEqual({});
    expect(catalogue.problems).toEqual([expect.objectContaining({ message: 'is taken' })]);
  });

  test('loads without the image of a job, whose pipeline alone then fails', async () => {
    await write('ventas.yaml', GOOD);
    await write('otra.yaml', 'job: omega\ndatasets:\n  a:\n');
    const catalogue = await Catalogue.load(folder, describeJob);
    await expect(catalogue.get('otra')).rejects.toThrow('no image of omega');
    expect((await catalogue.get('ventas')).pipeline.name).toBe('ventas');
  });

  test('sees files that are added, changed and removed', async () => {
    await write('ventas.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    await write('compras.yaml', GOOD);
    await write('ventas.yaml', 'job: zeta\ndatasets:\n  b:\n');
    expect((await catalogue.list()).map(({ name }) => name).toSorted()).toEqual(['compras', 'ventas']);
    expect(Object.keys((await catalogue.get('ventas')).pipeline.datasets)).toEqual(['b']);
    await rm(join(folder, 'ventas.yaml'));
    await expect(catalogue.get('ventas')).rejects.toMatchObject({ code: 'PIPELINE_NOT_FOUND' });
  });

  test('serves the last good version of a file that was broken, tells the problem, and takes the mended one', async () => {
    await write('ventas.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    await write('ventas.yaml', 'job: [');
    expect((await catalogue.get('ventas')).pipeline.datasets).toEqual({ a: {} });
    expect(catalogue.problems).toEqual([expect.objectContaining({ file: join(folder, 'ventas.yaml') })]);
    await write('ventas.yaml', 'job: zeta\ndatasets:\n  c:\n');
    expect((await catalogue.get('ventas')).pipeline.datasets).toEqual({ c: {} });
    expect(catalogue.problems).toEqual([]);
  });

  test('refuses a pipeline that was changed so that it does not fit its job', async () => {
    await write('ventas.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    await write('ventas.yaml', 'job: zeta\ndatasets:\n  a: { x: 1 }\n');
    await expect(catalogue.get('ventas')).rejects.toMatchObject({ code: 'PIPELINE_INVALID', message: expect.stringContaining('datasets.a.x') });
  });

  test('tells of what is no file once for each change, and everything else goes on', async () => {
    await write('a.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    const told: string[] = [];
    catalogue.onProblem(({ file, message }) => told.push(`${file.split('/').at(-1)}: ${message}`));
    await mkdir(join(folder, 'x.yaml'));
    await symlink('nowhere', join(folder, 'y.yaml'));
    for (let n = 0; n < 3; n++) expect((await catalogue.list()).map(({ name }) => name)).toEqual(['a']);
    expect(told).toEqual([expect.stringMatching(/^x\.yaml: it is a folder/), expect.stringMatching(/^y\.yaml: .*leads nowhere/)]);
    expect(catalogue.problems).toHaveLength(2);
    await write('nowhere', GOOD);
    await write('b.yaml', GOOD);
    expect((await catalogue.list()).map(({ name }) => name)).toEqual(['a', 'b', 'y']);
    expect(told).toHaveLength(3);
    await rm(join(folder, 'x.yaml'), { recursive: true });
    await rm(join(folder, 'a.yaml'));
    expect((await catalogue.list()).map(({ name }) => name)).toEqual(['b', 'y']);
    expect(catalogue.problems).toEqual([]);
  });

  test('keeps all of them while the folder is away', async () => {
    await write('a.yaml', GOOD);
    const catalogue = await Catalogue.load(folder, describeJob);
    await rename(folder, `${folder}-away`);
    expect((await catalogue.list()).map(({ name }) => name)).toEqual(['a']);
    expect(catalogue.problems).toMatchObject([{ message: expect.stringContaining('PIPELINES_DIR') }]);
    await rename(`${folder}-away`, folder);
    expect((await catalogue.list()).map(({ name }) => name)).toEqual(['a']);
    expect(catalogue.problems).toEqual([]);
  });
});
