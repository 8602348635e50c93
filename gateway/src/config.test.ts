import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from './config.ts';

const LEAST = { AWS_BUCKET_NAME: 'lago' };

function problems(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('needs a bucket and has a default for all the rest', () => {
    expect(readConfig(LEAST)).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      ALLOW_INSECURE_LISTEN: false,
      ENGINE: 'docker',
      PIPELINES_DIR: 'pipelines',
      AWS_REGION: 'us-east-1',
      LEDGER_PREFIX: '_esclusa/',
      INSTALLATION_ID: 'esclusa',
      MAX_ATTEMPTS: 4,
    });
    expect(problems({})).toEqual(['AWS_BUCKET_NAME: is not set']);
  });

  test('reads numbers and flags', () => {
    const config = readConfig({ ...LEAST, PORT: '9000', MAX_WAITING: '0', RETRY_BASE_SECONDS: '0.5', S3_FORCE_PATH_STYLE: 'false' });
    expect(config).toMatchObject({ PORT: 9000, MAX_WAITING: 0, RETRY_BASE_SECONDS: 0.5, S3_FORCE_PATH_STYLE: false });
  });

  test('takes an empty variable for one that is not set', () => {
    const config = readConfig({ ...LEAST, PORT: '', API_KEY: '', S3_ENDPOINT: '', ENGINE: '' });
    expect(config).toEqual({ ...readConfig(LEAST) });
    expect(problems({ AWS_BUCKET_NAME: '' })).toEqual(['AWS_BUCKET_NAME: is not set']);
  });

  test.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['PORT', '80.5'],
    ['API_KEY', 'too short'],
    ['ALLOW_INSECURE_LISTEN', 'yes'],
    ['LOG_LEVEL', 'verbose'],
    ['ENGINE', 'podman'],
    ['S3_ENDPOINT', 'localhost:9000'],
    ['S3_ENDPOINT', 's3.example.org'],
    ['JOB_S3_ENDPOINT', 'ftp://s3'],
    ['LEDGER_PREFIX', '_esclusa'],
    ['LEDGER_PREFIX', '/_esclusa/'],
    ['LEDGER_PREFIX', 'a//b/'],
    ['INSTALLATION_ID', 'Casa Central'],
    ['MAX_RUNNING', '0'],
    ['MAX_ATTEMPTS', '101'],
    ['STOP_GRACE_SECONDS', '-1'],
  ])('refuses %s=%j instead of taking the default', (name, value) => {
    expect(problems({ ...LEAST, [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  test('tells every problem at once, one line each', () => {
    const all = problems({ HOST: '0.0.0.0', PORT: 'abc', ENGINE: 'podman' });
    expect(new Set(all.map((problem) => problem.split(':')[0]))).toEqual(new Set(['AWS_BUCKET_NAME', 'ENGINE', 'HOST', 'PORT']));
    expect(all).toHaveLength(4);
    expect(new ConfigError(all).message.split('\n')).toHaveLength(1 + all.length);
  });

  test('never tells the key that it refuses', () => {
    expect(problems({ ...LEAST, API_KEY: 'hunter2' }).join()).not.toContain('hunter2');
  });

  test('can be changed by nobody, and keeps the environment for the variables of jobs', () => {
    const environment = { ...LEAST, ZETA_HOST: 'db', ZETA_USER: '' };
    const config = readConfig(environment);
    environment.ZETA_HOST = 'elsewhere';
    expect(config.environment).toEqual({ ...LEAST, ZETA_HOST: 'db' });
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.environment, { ZETA_HOST: 'x' })).toThrow(TypeError);
  });
});

describe('listening beyond loopback', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('is not what %s does', (HOST) => {
    expect(problems({ ...LEAST, HOST })).toEqual([]);
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.example.org', '127.0.0.1.example.org', 'localhost.example.org'])(
    'is what %s does, so it needs a key',
    (HOST) => {
      expect(problems({ ...LEAST, HOST })).toEqual([expect.stringMatching(/^HOST: .*API_KEY/)]);
      expect(problems({ ...LEAST, HOST, API_KEY: '' })).toHaveLength(1);
      expect(problems({ ...LEAST, HOST, ALLOW_INSECURE_LISTEN: 'false' })).toHaveLength(1);
      expect(problems({ ...LEAST, HOST, API_KEY: 'sixteen letters.' })).toEqual([]);
      expect(problems({ ...LEAST, HOST, ALLOW_INSECURE_LISTEN: 'true' })).toEqual([]);
    },
  );
});
