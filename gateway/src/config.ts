import { jobNameSchema } from '@esclusa/contract';
import { z } from 'zod';
import { credentialProblems, type FileCredentials, fileCredentials } from './file-credentials.ts';
import { fillFromFiles, type ReadSecret, readSecretFile } from './secret-files.ts';

const seconds = z.coerce.number().positive();
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const text = z.string().min(1);
// `localhost:9000` alone would be a URL too, of the scheme "localhost".
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' });
const ledgerKey = z.string().min(32, 'must have 32 characters or more, such as the output of `openssl rand -hex 32`');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== ''),
);
const hostNames = list
  .pipe(
    z.array(
      z.string().regex(/^\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?(:\d{1,5})?$/, 'must be names of hosts, parted by commas: esclusa.example.org, or .example.org'),
    ),
  )
  .transform((names) => names.map((name) => name.replace(/:\d+$/, '').replace(/\.$/, '')));
// As browsers write them, or they would never match.
const origins = list.pipe(
  z.array(
    z
      .string()
      .refine(
        (one) => /^https?:/.test(one) && URL.canParse(one) && new URL(one).origin === one,
        'must be origins, parted by commas: https://panel.example.org',
      ),
  ),
);
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Every environment variable of the gateway; `.env.example` is checked against it. Jobs' own variables stand in their job.json. */
export const configSchema = z
  .object({
    HOST: text.default('127.0.0.1').describe('Address to listen on; beyond loopback only with API_KEY.'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8000).describe('Port to listen on.'),
    API_KEY: z.string().min(16, 'must have 16 characters or more').optional().describe('Callers send it as "Authorization: Bearer …" or "X-API-Key: …".'),
    ALLOW_INSECURE_LISTEN: flag.default(false).describe('true: listen beyond loopback without API_KEY, where something else limits who can connect.'),
    ALLOWED_HOSTS: hostNames
      .optional()
      .describe('Names by which callers may call, parted by commas, beside localhost, addresses and HOST; ".example.org" for every name below it.'),
    CORS_ORIGINS: origins.optional().describe('Origins whose pages may call from a browser, parted by commas: https://panel.example.org.'),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').describe('Least level that is logged.'),
    ENGINE: z.enum(['docker', 'process']).default('docker').describe('What starts jobs; "process" is for development only.'),
    DOCKER_HOST: text.optional().describe('Docker Engine to use, as unix:///path or tcp://host:port; the local socket by default.'),
    DOCKER_NETWORK: text.default('bridge').describe('Docker network that jobs join; it must reach the databases and S3.'),
    IMAGE_PREFIX: text.default('pharmavida-ingesta').describe('Images of jobs are named <prefix>-<job>:latest.'),
    JOBS_DIR: text.default('jobs').describe('Folder of jobs for the process engine.'),
    PIPELINES_DIR: text.default('pipelines').describe('Folder of pipeline files.'),
    AWS_BUCKET_NAME: text.describe('Bucket for data and ledger.'),
    AWS_REGION: text.default('us-east-1').describe('Region of the bucket.'),
    S3_ENDPOINT: httpUrl.optional().describe("URL of an S3 that is not AWS's, as the gateway sees it."),
    JOB_S3_ENDPOINT: httpUrl.optional().describe('The same as jobs see it, when their network names it differently.'),
    S3_FORCE_PATH_STYLE: flag.optional().describe('Bucket in the path instead of the host name; true by default with S3_ENDPOINT.'),
    JOB_AWS_ACCESS_KEY_ID: text.optional().describe("S3 identity of jobs, apart from the gateway's own (docs/policies/jobs.json)."),
    JOB_AWS_SECRET_ACCESS_KEY: text.optional().describe('Its secret.'),
    JOB_AWS_SESSION_TOKEN: text.optional().describe('Its session token, of temporary credentials.'),
    S3_JOB_ROLE: text
      .optional()
      .describe("ARN of a role that the gateway assumes for each attempt, with a policy for that attempt's objects alone; in place of JOB_AWS_*."),
    S3_JOB_ROLE_SECONDS: z.coerce
      .number()
      .int()
      .min(900)
      .max(43_200)
      .default(3_600)
      .describe("Longest session of that role, as the role itself allows; a job's own time bounds it too."),
    STS_ENDPOINT: httpUrl.optional().describe("URL of the STS that gives such sessions; S3_ENDPOINT by default, else AWS's."),
    LEDGER_PREFIX: z
      .string()
      .regex(/^[^/]+(\/[^/]+)*\/$/, 'must be a prefix that ends in "/" and does not start with it')
      .default('_esclusa/')
      .describe('Prefix in the bucket under which everything lies that is not data.'),
    LEDGER_KEY: ledgerKey.optional().describe('Secret that entries of the ledger are sealed by, so that none is believed that somebody else has written.'),
    LEDGER_KEY_PREVIOUS: ledgerKey.optional().describe('Secret that they were sealed by before: its seals are believed too.'),
    LEDGER_SEALED_SINCE: z.iso
      .datetime({ offset: true, error: 'must be an instant such as 2026-12-01T00:00:00Z' })
      .transform((text) => new Date(text))
      .optional()
      .describe('Entries that S3 received before this instant are believed without a seal of these keys: when LEDGER_KEY was introduced, or one given up.'),
    INSTALLATION_ID: jobNameSchema.default('esclusa').describe('Name of this installation; containers and ledger entries bear it.'),
    MAX_RUNNING: z.coerce.number().int().min(1).default(4).describe('Runs that may have a container at once.'),
    MAX_WAITING: z.coerce.number().int().min(0).default(50).describe('Runs that may wait for a place; beyond it callers get 429.'),
    MAX_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(4).describe('Containers that one run may use up when failures can pass.'),
    RETRY_BASE_SECONDS: seconds.default(2).describe('Pause before the second attempt; it doubles each time.'),
    RETRY_MAX_SECONDS: seconds.default(60).describe('Longest pause between attempts.'),
    RETRY_BUDGET: z.coerce
      .number()
      .int()
      .min(0)
      .default(30)
      .describe('Retries that one source may cost in ten minutes; beyond it its runs fail at once, so that a dead database is not hammered.'),
    MAX_WAIT_SECONDS: seconds.max(86_400).default(3_600).describe('How long a POST is waited for; then it is answered 202, and the run goes on.'),
    RECONCILE_SECONDS: seconds.max(3_600).default(10).describe('Pause between two comparisons of the ledger with the engine.'),
    SWEEP_AGAIN_SECONDS: seconds.default(60).describe('When what a dead attempt left in S3 is swept once more, for what S3 was still busy with.'),
    LEDGER_RETENTION_DAYS: z.coerce
      .number()
      .min(0)
      .default(365)
      .describe('How long the ledger keeps ended runs and idempotency keys; 0 for ever. Data and manifests are never deleted.'),
    STOP_GRACE_SECONDS: seconds.default(20).describe('Time between SIGTERM and SIGKILL for a job.'),
    SHUTDOWN_SECONDS: seconds.default(30).describe('Time that running runs get to end when the gateway is stopped.'),
    KEEP_CONTAINERS: z
      .enum(['none', 'failed', 'all'])
      .default('none')
      .describe('Containers that stay after their run so that they can be looked into; a request may ask for its own with "keep".'),
    KEEP_HOURS: z.coerce.number().positive().max(8_760).default(24).describe('How long a kept container stays after the time that its job may take.'),
    HEALTH_CACHE_SECONDS: seconds.default(60).describe("How long a pipeline's check is answered from memory."),
  })
  .superRefine(
    (config, context) => {
      if (!LOOPBACK.test(config.HOST) && config.API_KEY === undefined && !config.ALLOW_INSECURE_LISTEN) {
        context.addIssue({
          code: 'custom',
          path: ['HOST'],
          message: `"${config.HOST}" is beyond loopback: set API_KEY, or API_KEY_FILE to a file that holds it, since the gateway stands in front of a Docker socket; "openssl rand -hex 32" makes one (or ALLOW_INSECURE_LISTEN=true where something else limits who can connect)`,
        });
      }
      for (const [field, message] of identityProblems(config)) context.addIssue({ code: 'custom', path: [field], message });
      if (config.ENGINE === 'process' && config.KEEP_CONTAINERS !== 'none') {
        context.addIssue({
          code: 'custom',
          path: ['KEEP_CONTAINERS'],
          message: 'the process engine has no containers to keep: use ENGINE=docker, or leave KEEP_CONTAINERS out',
        });
      }
    },
    // Also beside other problems, so that all of them are told at once.
    { when: () => true },
  );

/** Returns the inconsistencies among the settings of jobs' identity and of seals. */
function identityProblems(config: Partial<Record<string, unknown>>): [field: string, message: string][] {
  const { JOB_AWS_ACCESS_KEY_ID: id, JOB_AWS_SECRET_ACCESS_KEY: secret, JOB_AWS_SESSION_TOKEN: token, S3_JOB_ROLE: role, LEDGER_KEY: key } = config;
  const problems: [string, string][] = [];
  if (id !== undefined && secret === undefined) problems.push(['JOB_AWS_SECRET_ACCESS_KEY', 'goes with JOB_AWS_ACCESS_KEY_ID: set both, or none']);
  if (id === undefined && (secret ?? token) !== undefined) problems.push(['JOB_AWS_ACCESS_KEY_ID', 'goes with JOB_AWS_SECRET_ACCESS_KEY: set both, or none']);
  if (id !== undefined && role !== undefined) problems.push(['S3_JOB_ROLE', 'and JOB_AWS_ACCESS_KEY_ID are two identities for jobs: set one of them']);
  if (key === undefined && config['LEDGER_KEY_PREVIOUS'] !== undefined)
    problems.push(['LEDGER_KEY', 'is what entries are sealed by from now on: LEDGER_KEY_PREVIOUS alone seals nothing']);
  return problems;
}

/** The configuration, frozen, with the whole environment beside it for the variables that jobs want, those from files among them. */
export type Config = Readonly<z.infer<typeof configSchema>> & {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly fileCredentials?: FileCredentials | undefined;
};

/** All that is wrong with the configuration, one line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const OWN: ReadonlySet<string> = new Set(Object.keys(configSchema.shape));

/**
 * Reads the configuration once; rejects with every problem at once. An empty variable counts as unset, as compose writes it.
 * If X_FILE names a file, X is that file's content: read here and never again.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>, read: ReadSecret = readSecretFile): Config {
  const given = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
  const { variables, paths, problems } = fillFromFiles(given, { own: OWN, read });
  const parsed = configSchema.safeParse(variables);
  const issues = parsed.success ? [] : parsed.error.issues;
  const told = [
    ...[...problems].map(([pointer, problem]) => `${pointer}: ${problem}`),
    ...issues.flatMap(({ code, path, message }) => {
      const name = String(path[0]);
      if (problems.has(`${name}_FILE`)) return [];
      // HOST lacks only the key, and a line of its own gives the reason for that.
      if (name === 'HOST' && problems.has('API_KEY_FILE')) return [];
      const from = paths.has(name) ? ` (from ${paths.get(name)})` : '';
      return [`${path.join('.')}${from}: ${code !== 'custom' && variables[name] === undefined ? 'is not set' : message}`];
    }),
    ...credentialProblems(given, variables, paths),
  ];
  if (!parsed.success || told.length > 0) throw new ConfigError(told);
  return Object.freeze({ ...parsed.data, environment: Object.freeze(variables), fileCredentials: fileCredentials(variables, paths) });
}
