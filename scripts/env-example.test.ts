import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { jobJsonSchema } from '@esclusa/contract';
import { configSchema } from '../gateway/src/config.ts';

const ROOT = new URL('..', import.meta.url).pathname;
// Read by the AWS SDK's credential chain, docker-compose.yml and the scripts that make images.
const OTHERS = [
  'ESCLUSA_BASE_IMAGE',
  'ESCLUSA_MARIADB_IMAGE',
  'ESCLUSA_MONGODB_IMAGE',
  'ESCLUSA_MYSQL_IMAGE',
  'ESCLUSA_POSTGRES_IMAGE',
  'ESCLUSA_S3_IMAGE',
  'ESCLUSA_NO_REGISTRY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'DOCKER_GID',
];

const byName = (a = '', b = ''): number => a.localeCompare(b, 'en');

describe('.env.example', () => {
  const written = [...readFileSync(`${ROOT}.env.example`, 'utf8').matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);

  test("names every variable of the gateway's schema and of every job, each once, and no other", () => {
    const jobs = readdirSync(`${ROOT}jobs`, { withFileTypes: true }).flatMap(({ name }) => {
      try {
        const job = jobJsonSchema.parse(JSON.parse(readFileSync(`${ROOT}jobs/${name}/job.json`, 'utf8')));
        return job.environment.map((variable) => variable.name);
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return [];
        throw error;
      }
    });
    expect(written.toSorted(byName)).toEqual([...new Set([...Object.keys(configSchema.shape), ...jobs, ...OTHERS])].toSorted(byName));
  });

  test("the README's table explains each of them, and no other", () => {
    const table = readFileSync(`${ROOT}README.md`, 'utf8').split('## Configuration')[1]?.split('\n## ')[0] ?? '';
    const explained = [...table.matchAll(/^\| ([^|]+)\|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name]) => name));
    expect(explained.toSorted(byName)).toEqual(written.toSorted(byName));
  });
});
