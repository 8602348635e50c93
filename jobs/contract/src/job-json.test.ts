import { describe, expect, test } from '@jest/globals';
import { jobJsonSchema } from './job-json.ts';

const JOB = {
  name: 'zeta',
  description: 'Extracts zetas.',
  contract: 1,
  modes: ['run', 'check'],
  environment: [{ name: 'ZETA_HOST', description: 'Where zeta is.', secret: false, required: true }],
  datasets: { type: 'object' },
  limits: { memoryMiB: 128, cpus: 0.5, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 },
  process: { command: ['node', 'main.js'] },
};

function problems(change: object): string[] {
  return jobJsonSchema.safeParse({ ...JOB, ...change }).error?.issues.map((issue) => issue.path.join('.')) ?? [];
}

describe('job.json', () => {
  test('is accepted whole', () => {
    expect(jobJsonSchema.parse(JOB)).toEqual(JOB);
  });

  test('needs no command, and variables are neither secret nor required unless it says so', () => {
    const { process: _, ...job } = { ...JOB, environment: [{ name: 'ZETA_HOST', description: '' }] };
    expect(jobJsonSchema.parse(job).environment).toEqual([{ name: 'ZETA_HOST', description: '', secret: false, required: false }]);
  });

  test.each([
    ['a name in capitals', { name: 'Zeta' }, 'name'],
    ['a name that is a path', { name: '../zeta' }, 'name'],
    ['a name longer than a DNS label', { name: 'z'.repeat(64) }, 'name'],
    ['a later contract', { contract: 2 }, 'contract'],
    ['no mode', { modes: [] }, 'modes'],
    ['an unknown mode', { modes: ['run', 'drop'] }, 'modes.1'],
    ['a variable in lower case', { environment: [{ name: 'zeta_host', description: '' }] }, 'environment.0.name'],
    ['a variable with a typo', { environment: [{ name: 'ZETA', description: '', secrret: true }] }, 'environment.0'],
    ['no memory', { limits: { ...JOB.limits, memoryMiB: 0 } }, 'limits.memoryMiB'],
    ['an unknown limit', { limits: { ...JOB.limits, disk: 1 } }, 'limits'],
    ['an empty command', { process: { command: [] } }, 'process.command'],
    ['an unknown field', { image: 'zeta:latest' }, ''],
  ])('is refused with %s', (_, change, path) => {
    expect(problems(change)).toEqual([path]);
  });
});
