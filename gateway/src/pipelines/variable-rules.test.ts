import { describe, expect, test } from '@jest/globals';
import { type JobVariable, jobJsonSchema } from '@esclusa/contract';
import { configSchema } from '../config.ts';
import { isReserved } from '../reserved-variables.ts';
import { looksSecret } from '../secret-names.ts';
import { KnownJobs } from './known-jobs.ts';
import { isOwn, variableProblems } from './variable-rules.ts';
import { resolveVariables } from './variables.ts';

type Variable = Partial<JobVariable> & { name: string };

function job(name: string, ...environment: Variable[]) {
  return jobJsonSchema.parse({
    name,
    description: 'x',
    contract: 1,
    modes: ['run'],
    environment: environment.map((variable) => ({ description: '', ...variable })),
    datasets: {},
    limits: { memoryMiB: 128, cpus: 1, pids: 32, scratchMiB: 16, timeAllowedSeconds: 60 },
  });
}

const ZETA = job(
  'zetadb',
  { name: 'ZETA_HOST' },
  { name: 'ZETA_PASSWORD', secret: true },
  { name: 'ZETA_SEED', secret: true },
  { name: 'MASK_SECRET', secret: true },
);
const jobs = new KnownJobs();
jobs.add(ZETA);

const NAMED =
  'LEDGER_KEY LEDGER_KEY_PREVIOUS LEDGER_SEALED_SINCE S3_JOB_ROLE API_KEY ALLOWED_HOSTS CORS_ORIGINS JOB_AWS_ACCESS_KEY_ID JOB_AWS_SECRET_ACCESS_KEY JOB_AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_WEB_IDENTITY_TOKEN_FILE AWS_SHARED_CREDENTIALS_FILE ESCLUSA_REQUEST ESCLUSA_SECRETS ESCLUSA_SECRETS_FILE NODE_OPTIONS NODE_EXTRA_CA_CERTS LD_PRELOAD PATH HOME DOCKER_TLS_VERIFY'.split(
    ' ',
  );
const RESERVED = [...Object.keys(configSchema.shape), ...NAMED].flatMap((name) =>
  [name, `${name}_FILE`].filter((each) => each === name || !/^(PATH|HOME)/.test(name)),
);
const environment = Object.fromEntries(
  [...RESERVED, 'ZETA_HOST', 'ZETA_PASSWORD', 'ZETA_SEED', 'MASK_SECRET', 'TZ', 'OTHER_HOST', 'OTHER_PASSWORD'].map((name) => [name, `canary-${name}`]),
);

const told = (source: Record<string, string>, of: ReturnType<typeof job>, env: Record<string, string> = environment): string[] =>
  variableProblems(source, of, env, jobs).map(({ variable = 'job', message }) => `${variable}: ${message}`);

describe.each(RESERVED)('%s is never given', (name) => {
  test.each([true, false])('to a job that declares it (secret: %s), whoever sets it', (secret) => {
    const evil = job('evil', { name, secret });
    for (const source of [{}, { [name]: 'x' }, { [name]: '${TZ}' }]) {
      expect(told(source, evil)).toEqual([expect.stringMatching(new RegExp(`^job: .*declares ${name},`))]);
      expect(() => resolveVariables({ name: 'p', source }, evil, environment)).toThrow(expect.objectContaining({ code: 'PIPELINE_INVALID' }));
    }
  });

  test.each([`\${${name}}`, `\${${name}:-x}`, `a\${TZ}b\${${name}}c`, `\${TZ:-\${${name}}`.replace('${TZ:-', '${TZ:-}')])('by the reference %s', (written) => {
    for (const [variable, secret] of [
      ['EVIL_USER', false],
      ['EVIL_PASSWORD', true],
    ] as const) {
      const evil = job('evil', { name: variable, secret });
      expect(told({ [variable]: written }, evil)).toEqual([expect.stringContaining(`\${${name}} is never given to a job`)]);
      expect(() => resolveVariables({ name: 'p', source: { [variable]: written } }, evil, environment)).toThrow(
        expect.objectContaining({ code: 'PIPELINE_INVALID' }),
      );
    }
  });
});

describe('without a word of its pipeline', () => {
  test.each<[string, Variable, RegExp | undefined]>([
    ['what is its own', { name: 'EVIL_HOST' }, undefined],
    ['a secret of its own', { name: 'EVIL_PASSWORD', secret: true }, undefined],
    ['what nobody else has', { name: 'TZ' }, undefined],
    ['the secret of masks', { name: 'MASK_SECRET', secret: true }, undefined],
    ['the secret of masks in plain', { name: 'MASK_SECRET' }, /plain/],
    ["another job's secret", { name: 'ZETA_PASSWORD', secret: true }, /does not begin with its name.*"ZETA_PASSWORD: \$\{ZETA_PASSWORD\}"/],
    ["another job's secret that does not look it, in plain", { name: 'ZETA_SEED' }, /plain.*a job says so/],
    ["another job's address", { name: 'ZETA_HOST' }, /does not begin with its name/],
    ["nobody's secret", { name: 'OTHER_PASSWORD', secret: true }, /does not begin with its name/],
    ["nobody's secret, in plain", { name: 'OTHER_PASSWORD' }, /plain.*by its name/],
    ['a secret of its own, in plain', { name: 'EVIL_TOKEN' }, /plain.*by its name/],
    ['a plain address with a password', { name: 'EVIL_PLACE' }, /plain.*address with a password/],
  ])('a job gets, or is refused: %s', (_, variable, refusal) => {
    const env = { ...environment, EVIL_HOST: 'h', EVIL_PASSWORD: 'p', EVIL_TOKEN: 't', EVIL_PLACE: 'zeta://me:secret@host/x' };
    expect(told({}, job('evil', variable), env)).toEqual(refusal === undefined ? [] : [expect.stringMatching(refusal)]);
    // Without such a variable in the gateway there is nothing to refuse.
    expect(told({}, job('evil', variable), {})).toEqual([]);
  });
});

describe('a pipeline hands over', () => {
  const evil = job('evil', { name: 'EVIL_USER' }, { name: 'EVIL_PASSWORD', secret: true }, { name: 'ZETA_PASSWORD', secret: true });

  test.each<[Record<string, string>, RegExp | undefined]>([
    [{ EVIL_USER: 'root' }, undefined],
    [{ EVIL_USER: '${OTHER_HOST}' }, undefined],
    [{ EVIL_USER: '${ZETA_HOST}' }, undefined],
    [{ EVIL_PASSWORD: '${OTHER_PASSWORD}' }, undefined],
    [{ EVIL_USER: '${OTHER_PASSWORD}' }, /^EVIL_USER: .*by its name/],
    [{ EVIL_USER: 'x${OTHER_HOST}${ZETA_SEED:-y}' }, /^EVIL_USER: .*ZETA_SEED.*a job says so/],
    [{ EVIL_USER: '${EVIL_PASSWORD}' }, /^EVIL_USER: /],
    [{ EVIL_USER: '${MASK_SECRET}' }, /^EVIL_USER: /],
    [{ EVIL_USER: '${PLACE}' }, /^EVIL_USER: .*address with a password/],
  ])('%j, or is refused', (source, refusal) => {
    const problems = told({ ZETA_PASSWORD: '', ...source }, evil, { ...environment, PLACE: 'https://u:p@h' });
    expect(problems).toEqual(refusal === undefined ? [] : [expect.stringMatching(refusal)]);
    expect(problems.join()).not.toContain('canary');
  });

  test("another job's secret by naming it, and keeps one from a job by naming nothing", () => {
    expect(resolveVariables({ name: 'p', source: { ZETA_PASSWORD: '${ZETA_PASSWORD}' } }, evil, environment).secret).toEqual({
      ZETA_PASSWORD: 'canary-ZETA_PASSWORD',
    });
    expect(resolveVariables({ name: 'p', source: { ZETA_PASSWORD: '' } }, evil, environment)).toEqual({ plain: {}, secret: {} });
  });
});

test("no job can spoil another one's variables by calling them secret", () => {
  const spoiler = new KnownJobs();
  spoiler.add(ZETA);
  spoiler.add(job('evil', { name: 'ZETA_HOST', secret: true }));
  expect(variableProblems({}, ZETA, environment, spoiler)).toEqual([]);
  expect(variableProblems({ ZETA_HOST: '${ZETA_HOST}' }, ZETA, environment, spoiler)).toEqual([]);
});

test('a variable is of the job that declares it and has the nearest name', () => {
  const near = job('zetasql', { name: 'ZETA_HOST', secret: false });
  const both = new KnownJobs();
  both.add(ZETA);
  both.add(near);
  expect(variableProblems({}, ZETA, environment, both)).toEqual([]);
  expect(variableProblems({}, near, environment, both)).toEqual([{ message: expect.stringContaining('ZETA_HOST') }]);
  const alone = new KnownJobs();
  alone.add(near);
  expect(variableProblems({}, near, environment, alone)).toEqual([]);
});

test.each([
  ['ZETA_HOST', 'zeta', true],
  ['ZETA_HOST', 'zetadb', true],
  ['ZETA_HOST', 'zetasql', true],
  ['ZETA_HOST', 'zeta-evil', false],
  ['ZETA_EVIL_HOST', 'zeta-evil', true],
  ['ZETA_HOST', 'zetaevil', false],
  ['ZETADB_HOST', 'zeta', false],
  ['ZET_HOST', 'zeta', false],
  ['ZETA', 'zeta', false],
  ['_HOST', 'zeta', false],
  ['HOST', 'zeta', false],
])('%s is of %s: %s', (name, of, own) => expect(isOwn(name, of)).toBe(own));

test.each(
  'ZETA_PASSWORD ZETA_PASS ZETA_PWD DBPASS PGPASSWORD REDISCLI_AUTH ZETA_TOKEN TOKEN_OF_ZETA APIKEY ZETA_API_KEY ZETA_KEY ZETA_KEY_2 KEY_ID ZETA_URL DATABASE_URL ZETA_URI SENTRY_DSN ZETA_CREDENTIALS ZETA_CONNECTION_STRING ZETA_CONNSTR HTTPS_PROXY ZETA_CLAVE CONTRASENA_ZETA ZETA_SECRET SECRETS JWT ZETA_PASSWORD_FILE ZETA_PASSPHRASE'.split(
    ' ',
  ),
)('%s looks secret', (name) => expect(looksSecret(name)).toBe(true));

test.each('ZETA_HOST ZETA_PORT ZETA_USER ZETA_DATABASE ZETA_SSLMODE ZETA_AUTH_SOURCE ZETA_CONSISTENCY ZETA_ORIGIN TZ LANG ZETA_KEYSPACE ZETA_PATH'.split(' '))(
  '%s does not look secret and is free',
  (name) => expect([looksSecret(name), isReserved(name)]).toEqual([false, false]),
);
