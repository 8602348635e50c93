import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const SCRIPT = new URL('../make-secrets.sh', import.meta.url).pathname;
const RANDOM = /^[0-9a-f]{64}$/;

describe('make-secrets.sh', () => {
  let folder = '';
  const run = (...parameters: string[]): string =>
    execFileSync(join(folder, 'make-secrets.sh'), parameters, {
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
  const secret = (name: string): string => readFileSync(join(folder, 'secrets', name), 'utf8');
  const env = (): string => readFileSync(join(folder, '.env'), 'utf8');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'esclusa-make-secrets-'));
    copyFileSync(SCRIPT, join(folder, 'make-secrets.sh'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('makes them at random in a folder that is closed to others, each readable to the user of a container, and leaves them alone later', () => {
    run();
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
    const names = readdirSync(join(folder, 'secrets'));
    for (const name of names) expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o444);
    const made = names.filter((name) => name !== 'aws_credentials').map(secret);
    for (const value of made) expect(value).toMatch(RANDOM);
    expect(new Set(made).size).toBe(made.length);
    expect(secret('aws_credentials')).not.toMatch(/^[^#]/m);
    run('--demo');
    expect(names.filter((name) => name !== 'aws_credentials').map(secret)).toEqual(made);
  });

  test.each([
    ['plain', 'plain'],
    ['"in two $HOME `quotes` \\ & / |"', 'in two $HOME `quotes` \\ & / |'],
    ["'in one \"'", 'in one "'],
    ['one=two', 'one=two'],
    [' spaces ', ' spaces '],
    ['contraseña', 'contraseña'],
  ])('moves %j out of .env', (written, value) => {
    writeFileSync(join(folder, '.env'), `POSTGRES_HOST=db\nPOSTGRES_PASSWORD=old\nPOSTGRES_PASSWORD=${written}\r\nMYSQL_PASSWORD=\nXPOSTGRES_PASSWORD=x\n`);
    run();
    expect(secret('postgres_password')).toBe(`${value}\n`);
    expect(secret('mysql_password')).toMatch(RANDOM);
    expect(env()).toBe('POSTGRES_HOST=db\n#POSTGRES_PASSWORD=\n#POSTGRES_PASSWORD=\nMYSQL_PASSWORD=\nXPOSTGRES_PASSWORD=x\n');
  });

  test('takes the S3 keys of .env, else one profile, and nothing else of the file', () => {
    mkdirSync(join(folder, '.aws'));
    writeFileSync(
      join(folder, '.aws/credentials'),
      '[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = d/=\n\n[ lago ]\nregion = x\naws_access_key_id=LAGO\naws_secret_access_key=l+\naws_session_token = t==\n[lago2]\naws_access_key_id=NO\n',
    );
    run();
    expect(secret('aws_credentials')).toBe('[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = d/=\n');
    run('--profile', 'lago');
    expect(secret('aws_credentials')).toBe('[default]\naws_access_key_id=LAGO\naws_secret_access_key=l+\naws_session_token = t==\n');
    expect(() => run('--profile', 'none')).toThrow(/no keys under \[none\]/);
    expect(secret('aws_credentials')).toMatch(/LAGO/);
    writeFileSync(join(folder, '.env'), 'AWS_ACCESS_KEY_ID=ENV\nAWS_SECRET_ACCESS_KEY=e\n');
    run();
    expect(secret('aws_credentials')).toBe('[default]\naws_access_key_id = ENV\naws_secret_access_key = e\n');
    expect(env()).toBe('#AWS_ACCESS_KEY_ID=\n#AWS_SECRET_ACCESS_KEY=\n');
  });

  test("gives the demo's S3 and the gateway the same key", () => {
    run('--demo');
    expect(secret('aws_credentials')).toBe(`[default]\naws_access_key_id = esclusa\naws_secret_access_key = ${secret('s3_secret_key')}\n`);
  });

  test('puts a file where Docker has made a folder of it', () => {
    mkdirSync(join(folder, 'secrets/api_key'), { recursive: true });
    run();
    expect(secret('api_key')).toMatch(RANDOM);
  });

  test.each([['--nope'], ['--profile'], ['--demo', '--profile', 'x']])('refuses %s %s %s before it makes anything', (...parameters) => {
    expect(() => run(...parameters.filter((parameter) => parameter !== undefined))).toThrow();
    expect(existsSync(join(folder, 'secrets'))).toBe(false);
  });
});
