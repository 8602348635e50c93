import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, configSchema, readConfig } from './config.ts';
import { fillFromFiles, MAX_SECRET_BYTES, readSecretFile } from './secret-files.ts';

const LEAST = { AWS_BUCKET_NAME: 'lago' };
const CANARY = 'canary-5f2e-never-told';

/** A file system of a few texts. */
function files(contents: Readonly<Record<string, string | Uint8Array>>): (path: string) => Uint8Array {
  return (path) => {
    const content = contents[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return typeof content === 'string' ? Buffer.from(content) : content;
  };
}

const refused = (): never => {
  throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
};

const fill = (variables: Record<string, string>, contents: Readonly<Record<string, string | Uint8Array>>): ReturnType<typeof fillFromFiles> =>
  fillFromFiles(variables, { own: new Set(Object.keys(configSchema.shape)), read: files(contents) });

function problems(environment: Record<string, string>, read?: (path: string) => Uint8Array): readonly string[] {
  try {
    readConfig({ ...LEAST, ...environment }, read);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('X_FILE stands for X', () => {
  // Ours, AWS's, and names that no schema of the gateway knows.
  test.each([
    'API_KEY',
    'AWS_BUCKET_NAME',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'ZETA_PASSWORD',
    'ZETA_URL',
    'MASK_SECRET',
    'ZETA_PIN',
    'A',
    'DOCKER_HOST',
  ])('%s', (name) => {
    const { variables, paths, problems } = fill({ [`${name}_FILE`]: '/s' }, { '/s': `${CANARY}\n` });
    expect(variables).toEqual({ [name]: CANARY });
    expect(paths).toEqual(new Map([[name, '/s']]));
    expect(problems.size).toBe(0);
  });

  test.each([
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_CONFIG_FILE',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'ESCLUSA_SECRETS_FILE',
    'SSL_CERT_FILE',
    'COMPOSE_FILE',
    'GIT_INDEX_FILE',
    'AZURE_FEDERATED_TOKEN_FILE',
    '_FILE',
    'X_FILE_FILE',
    'x_file',
    'X_file',
    'PROFILE',
    '__proto___FILE',
  ])("%s is somebody else's setting, and stays as it is", (name) => {
    const { variables, problems } = fill({ [name]: '/nowhere' }, {});
    expect(variables).toEqual({ [name]: '/nowhere' });
    expect(problems.size).toBe(0);
  });

  test.each([
    ['one line end', 'a b\n', 'a b'],
    ["one line end of Windows'", 'a b\r\n', 'a b'],
    ['no line end', 'a b', 'a b'],
    ['no more than one', 'a b\n\n', 'a b\n'],
    ['no space', ' a b \n', ' a b '],
    ["no line end within: a key's PEM", '-----BEGIN\nAAAA\n-----END\n', '-----BEGIN\nAAAA\n-----END'],
    ["an editor's byte order mark", '\uFEFFa b', 'a b'],
    ['nothing but ASCII', 'contraseña "1" ☂\n', 'contraseña "1" ☂'],
  ])('taking off %s', (_, content, value) => {
    expect(fill({ ZETA_PASSWORD_FILE: '/s' }, { '/s': content }).variables).toEqual({ ZETA_PASSWORD: value });
  });

  test('whatever text a file holds, the variable has it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        // A text that ends in CR and the file's own LF make one line end of Windows', which is taken off whole (above).
        fc.pre(text.trim() !== '' && text.isWellFormed() && !/\0|^\uFEFF|[\r\n]$/.test(text));
        expect(fill({ ZETA_PASSWORD_FILE: '/s' }, { '/s': `${text}\n` }).variables).toEqual({ ZETA_PASSWORD: text });
      }),
    );
  });
});

describe('a file that gives no value', () => {
  test.each<[string, string | Uint8Array]>([
    ['is empty', ''],
    ['is empty', '\n'],
    ['is empty', ' \t\r\n'],
    ['is empty', '\uFEFF'],
    ['is larger than 64 KiB', CANARY.repeat(3_000)],
    ['is no UTF-8 text', Buffer.concat([Buffer.from(CANARY), Buffer.from([0xff])])],
    ['holds a NUL character', `${CANARY}\0`],
  ])('because it %s is told with its variable and path, never with what it holds', (why, content) => {
    const told = problems({ ZETA_PASSWORD_FILE: '/run/secrets/pg' }, files({ '/run/secrets/pg': content }));
    expect(told).toEqual([expect.stringContaining(`ZETA_PASSWORD_FILE: /run/secrets/pg ${why}`)]);
    expect(told.join()).not.toContain('canary');
  });

  test('of 64 KiB gives it', () => {
    const value = 'x'.repeat(MAX_SECRET_BYTES);
    expect(fill({ ZETA_PASSWORD_FILE: '/s' }, { '/s': value }).variables).toEqual({ ZETA_PASSWORD: value });
  });

  test.each(['API_KEY', 'AWS_SECRET_ACCESS_KEY', 'INSTALLATION_ID'])('%s has one line', (name) => {
    const told = problems({ AWS_ACCESS_KEY_ID: 'a', [`${name}_FILE`]: '/s' }, files({ '/s': `${CANARY}\r\n${CANARY}\n` }));
    expect(told).toEqual([`${name}_FILE: /s holds more than one line: ${name} has one`]);
  });

  test.each([CANARY, `${CANARY}/x`, './secret', 'secrets/api_key', '~/key', 'zeta://u:canary@db/x'])(
    'is not looked for at %s, which may be the secret itself and is not repeated',
    (path) => {
      const told = problems({ API_KEY_FILE: path });
      expect(told).toEqual([expect.stringMatching(/^API_KEY_FILE: must be the absolute path/)]);
      expect(told.join()).not.toContain(path);
    },
  );

  test('beside the variable itself: both are named, and none wins', () => {
    const told = problems({ API_KEY: `${CANARY}-1`, API_KEY_FILE: '/s' }, files({ '/s': `${CANARY}-2` }));
    expect(told).toEqual([expect.stringMatching(/^API_KEY_FILE: is set, and API_KEY too/)]);
    expect(told.join()).not.toContain('canary');
  });

  test('but an empty variable is as good as none, on either side', () => {
    expect(readConfig({ ...LEAST, API_KEY: '', API_KEY_FILE: '/s' }, files({ '/s': CANARY })).API_KEY).toBe(CANARY);
    expect(readConfig({ ...LEAST, API_KEY: CANARY, API_KEY_FILE: '' }).API_KEY).toBe(CANARY);
  });

  test('is told with all that is wrong beside it, once each', () => {
    const told = problems({ HOST: '0.0.0.0', PORT: 'abc', API_KEY_FILE: '/a', LEDGER_PREFIX_FILE: '/b', ZETA_PASSWORD_FILE: '/c' }, files({ '/b': '/bad' }));
    expect(told.map((problem) => problem.split(' ').slice(0, 3).join(' '))).toEqual([
      'API_KEY_FILE: /a is',
      'ZETA_PASSWORD_FILE: /c is',
      expect.stringMatching(/^PORT: /),
      'LEDGER_PREFIX (from /b):',
    ]);
  });

  test('does not hide that its variable has to be there', () => {
    expect(() => readConfig({ AWS_BUCKET_NAME_FILE: '/none' }, files({}))).toThrow(/AWS_BUCKET_NAME_FILE: \/none is not there$/);
  });
});

describe("the gateway's S3 credentials", () => {
  const read = files({ '/id': 'AKIA\n', '/secret': `${CANARY}\n`, '/token': 'token\n' });

  test('come from files, a token among them, and stand in no variable that names a file', () => {
    const config = readConfig({ ...LEAST, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY_FILE: '/secret' }, read);
    expect(config.fileCredentials).toEqual({ accessKeyId: 'AKIA', secretAccessKey: CANARY });
    expect(Object.keys(config.environment).filter((name) => name.endsWith('_FILE'))).toEqual([]);
    const all = readConfig({ ...LEAST, AWS_ACCESS_KEY_ID_FILE: '/id', AWS_SECRET_ACCESS_KEY_FILE: '/secret', AWS_SESSION_TOKEN_FILE: '/token' }, read);
    expect(all.fileCredentials).toEqual({ accessKeyId: 'AKIA', secretAccessKey: CANARY, sessionToken: 'token' });
  });

  test("are left to AWS's chain where no file gives any", () => {
    expect(readConfig({ ...LEAST, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: CANARY }).fileCredentials).toBeUndefined();
    expect(readConfig({ ...LEAST, AWS_PROFILE: 'lago', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' }).fileCredentials).toBeUndefined();
  });

  test.each([
    [{ AWS_SECRET_ACCESS_KEY_FILE: '/secret' }, ['AWS_ACCESS_KEY_ID: is not set, but AWS_SECRET_ACCESS_KEY_FILE is']],
    [{ AWS_ACCESS_KEY_ID_FILE: '/id' }, ['AWS_SECRET_ACCESS_KEY: is not set, but AWS_ACCESS_KEY_ID_FILE is']],
    [{ AWS_ACCESS_KEY_ID_FILE: '/id', AWS_SECRET_ACCESS_KEY_FILE: '/none' }, ['AWS_SECRET_ACCESS_KEY_FILE: /none is not there']],
    [
      { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY_FILE: '/secret', AWS_PROFILE: 'p' },
      ['AWS_PROFILE: is set, and AWS_SECRET_ACCESS_KEY_FILE too: keep one'],
    ],
  ])('are refused by halves: %j', (environment, expected) => {
    expect(problems(environment as Record<string, string>, read)).toEqual(expected);
  });
});

describe('reading', () => {
  const folder = mkdtempSync(join(tmpdir(), 'esclusa-secret-files-'));
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    writeFileSync(at('good'), `${CANARY}\n`);
    writeFileSync(at('large'), Buffer.alloc(MAX_SECRET_BYTES * 100, 0x61));
    mkdirSync(at('folder'));
    symlinkSync('good', at('link'));
    symlinkSync('nothing', at('dangling'));
    symlinkSync('loop', at('loop'));
    execFileSync('mkfifo', [at('pipe')]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['good', 'link'])('%s', (name) => {
    expect(Buffer.from(readSecretFile(at(name))).toString()).toBe(`${CANARY}\n`);
  });

  test.each([
    ['nothing', 'is not there'],
    ['good/within', 'is not there'],
    ['dangling', 'is not there'],
    ['loop', 'is a link that leads to itself'],
    ['folder', 'is a folder'],
    ['pipe', 'is no regular file'],
    ['large', 'is larger than 64 KiB'],
    ['x'.repeat(300), 'cannot be read (ENAMETOOLONG)'],
  ])('%s: %s', (name, why) => {
    expect(problems({ ZETA_PASSWORD_FILE: at(name) })).toEqual([expect.stringContaining(`ZETA_PASSWORD_FILE: ${at(name)} ${why}`)]);
  });

  test.each(['/dev/zero', '/dev/null', '/dev'])('%s, which never ends or holds nothing', (path) => {
    expect(problems({ ZETA_PASSWORD_FILE: path })).toEqual([expect.stringContaining(`ZETA_PASSWORD_FILE: ${path} is `)]);
  });

  test("a file that is another user's tells who could not read it", () => {
    // Root may read everything, so that the system's answer to others is given here.
    expect(problems({ ZETA_PASSWORD_FILE: '/closed' }, refused)).toEqual([expect.stringMatching(/closed may not be read by this user \(\d+\)$/)]);
  });
});
