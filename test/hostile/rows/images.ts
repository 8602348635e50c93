import { wordsOf } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import type { Variant } from '../support/images.ts';
import type { Stage } from '../support/stage.ts';
import { stack } from '../../support/stack.ts';
import { type JobRow, type Told, jobRow, limits } from './of-job.ts';

/** Values that only the gateway of these rows has in its environment; a job that gets one prints it. */
export const CANARIES = {
  API_KEY: 'canary-api-key-0f4e19',
  LEDGER_KEY: 'canary-ledger-key-77aa0123456789abcdef',
  SOME_TOKEN: 'canary-token-55de21',
} as const;

const FOREIGN = ['API_KEY', 'LEDGER_KEY', 'JOB_AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'POSTGRES_PASSWORD', 'SOME_TOKEN'];
const asPlain = FOREIGN.map((name) => ({ name, secret: false }));
const asSecret = ['API_KEY', 'LEDGER_KEY', 'JOB_AWS_SECRET_ACCESS_KEY'].map((name) => ({ name, secret: true }));
const user = (name: string): Variant => ({
  lines: ['USER 0', String.raw`RUN ["node", "-e", "require('node:fs').appendFileSync('/etc/passwd', 'admin:x:0:0::/:/bin/sh\\n')"]`, `USER ${name}`],
});

/** Images of the hostile job that ask for what is not its own; each is `evil-<name>`. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  plain: { environment: asPlain },
  secret: { environment: asSecret },
  note: { environment: [{ name: 'NOTE', secret: false }] },
  admin: user('admin'),
  plus: user('+0'),
  group: user('65532:0'),
  zero: user('00:00'),
  volume: {
    lines: [
      'USER 0',
      String.raw`RUN ["node", "-e", "const fs = require('node:fs'); fs.mkdirSync('/data'); fs.chmodSync('/data', 0o777)"]`,
      'VOLUME /data',
      'USER 65532:65532',
    ],
  },
  signal: { lines: ['STOPSIGNAL SIGWINCH'] },
  healthcheck: { lines: ['HEALTHCHECK --interval=1s --timeout=1s CMD ["node", "-e", "for (;;);"]'] },
  pattern: { datasets: { type: 'object', properties: { x: { type: 'string', pattern: '^(a+)+$' } } } },
};

/** Searches all that a caller, an operator or another reader of the bucket sees. */
async function noCanary(stage: Stage, { run, text }: Told): Promise<string | undefined> {
  const places = [text, stage.gateway.log.join('\n')];
  if (run !== '') {
    places.push((await stage.ask('GET', `/api/runs/${run}/logs`)).text);
    for (const key of await stage.bucket.keys('_esclusa/')) if (key.includes(run)) places.push(await stage.bucket.text(key).catch(() => ''));
  }
  const found = [...Object.values(CANARIES), stack().postgres.password, stack().s3.secretAccessKey].filter((canary) =>
    places.some((place) => place.includes(canary)),
  );
  return found.length === 0 ? undefined : `shown: ${found.join(', ')}`;
}

function given({ body }: Told): string[] {
  const { plain = [], secret = [] } = (body['details'] ?? {}) as { plain?: string[]; secret?: string[] };
  return [...plain, ...secret].filter((name) => FOREIGN.includes(name));
}

/** Names the foreign variables that the job says it got; a refusal counts as none. S3's credentials are every job's, and come as secrets. */
async function nothingGiven(stage: Stage, told: Told): Promise<string | undefined> {
  const names = given(told).filter((name) => !(name.startsWith('AWS_') && !plainOf(told).includes(name)));
  return (await noCanary(stage, told)) ?? (names.length === 0 ? undefined : `given: ${names.join(', ')}`);
}

function plainOf({ body }: Told): string[] {
  return ((body['details'] ?? {}) as { plain?: string[] }).plain ?? [];
}

interface Who {
  readonly status?: Readonly<Record<string, string>>;
  /** Kind of file system by path that it wrote to; false if it could not write. */
  readonly writable?: Readonly<Record<string, string | false>>;
}

/** Holds what the job says of itself against what was promised; a refusal promises more. */
async function harmless(_stage: Stage, { body, status }: Told): Promise<string | undefined> {
  const { status: fields, writable = {} } = (body['details'] ?? {}) as Who;
  if (fields === undefined) return status >= 400 ? undefined : 'it said nothing';
  const zero = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].filter((name) => !/^0+$/.test(fields[name] ?? ''));
  const root = ['Uid', 'Gid'].filter((name) => /(^|\s)0(\s|$)/.test(fields[name] ?? '0'));
  const open = Object.entries(writable).flatMap(([path, kind]) => (kind === false || kind === 'tmpfs' ? [] : [`${path} on ${kind}`]));
  const wrong = [
    ...zero,
    ...root.map((name) => `${name} 0`),
    ...open.map((path) => `writes ${path}`),
    ...(fields['NoNewPrivs'] === '1' ? [] : ['new privileges']),
  ];
  if (fields['Seccomp'] !== '2') wrong.push('no seccomp');
  return wrong.length === 0 ? undefined : wrong.join(', ');
}

const REFUSED_OR_TOLD = /^(502 TOLD|50[23] (PIPELINE_INVALID|IMAGE_INVALID|PIPELINE_NOT_CONFIGURED)|404 PIPELINE_NOT_FOUND)$/;
const who = (job: string, name: string): JobRow => ({ name, job, options: { do: 'who', paths: ['/data'] }, answered: REFUSED_OR_TOLD, further: harmless });

const reference = (name: string): JobRow => ({
  name: `a pipeline that puts \${${name}} into a plain variable`,
  job: 'evil-note',
  options: { do: 'variables', names: ['NOTE'] },
  yaml: `source: { NOTE: '\${${name}}' }\n`,
  answered: /^(50[23] (PIPELINE_INVALID|PIPELINE_NOT_CONFIGURED)|404 PIPELINE_NOT_FOUND)$/,
  further: noCanary,
});

const rows: JobRow[] = [
  {
    name: "an image whose job.json asks for the gateway's secrets as plain variables",
    job: 'evil-plain',
    options: { do: 'variables', names: FOREIGN },
    answered: REFUSED_OR_TOLD,
    further: nothingGiven,
  },
  {
    name: "an image whose job.json asks for the gateway's secrets as its own",
    job: 'evil-secret',
    options: { do: 'variables', names: FOREIGN },
    answered: REFUSED_OR_TOLD,
    further: nothingGiven,
  },
  ...['API_KEY', 'LEDGER_KEY', 'AWS_SECRET_ACCESS_KEY', 'POSTGRES_PASSWORD', 'SOME_TOKEN'].map(reference),
  who('evil', 'what the job is and may, by its own words'),
  who('evil-admin', 'USER admin, whose uid is 0 in its passwd'),
  who('evil-plus', 'USER +0'),
  who('evil-group', 'USER 65532:0'),
  who('evil-zero', 'USER 00:00'),
  who('evil-volume', 'VOLUME /data, writable for all'),
  {
    name: 'STOPSIGNAL SIGWINCH, and it never ends',
    job: 'evil-signal',
    options: { do: 'forever' },
    yaml: limits({ timeAllowedSeconds: 2 }),
    answered: '504 JOB_TIME_UP',
  },
  { name: 'a HEALTHCHECK that spins', job: 'evil-healthcheck', options: { do: 'honest' }, answered: '200' },
  {
    name: 'a pattern in its schema that takes for ever',
    job: 'evil-pattern',
    options: { do: 'honest', x: `${'a'.repeat(28)}!` },
    answered: /^(503 (PIPELINE_INVALID|IMAGE_INVALID)|502 IMAGE_INVALID)$/,
  },
];

const looking: Row = {
  name: "it looks for the gateway at the host's address",
  answered: '502 TOLD; the gateway does not answer',
  act: async (stage) => {
    const targets = [['host.docker.internal', Number(new URL(stage.gateway.url).port)]];
    const told = await stage.evil({ do: 'reach', targets });
    const open = Object.values((told.body['details'] ?? {}) as Record<string, string>).includes('open');
    return `${wordsOf(told)}; the gateway ${open ? 'answers' : 'does not answer'}`;
  },
};

/** An image that asks for what is not its own. */
export const IMAGES: Row[] = [...rows.map(jobRow), looking];
