import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Engine, EngineHealth } from './engine/engine.ts';
import { GatewayError } from './errors.ts';
import { createApp } from './http/app.ts';
import { httpBounds } from './http/bounds.ts';
import { askBucket } from './http/health.ts';
import { Probe } from './http/probes.ts';
import { createGatewayServer } from './http/server.ts';
import { Bucket } from './ledger/bucket.ts';
import { Conditions } from './ledger/conditional.ts';
import { History } from './ledger/history.ts';
import { JobCredentials, type JobIdentity } from './ledger/job-credentials.ts';
import { Ledger } from './ledger/ledger.ts';
import { LedgerProblems } from './ledger/problems.ts';
import { Seals } from './ledger/seals.ts';
import { logLoopDelay } from './loop-delay.ts';
import { Catalogue } from './pipelines/catalogue.ts';
import { formatProblem } from './pipelines/pipeline.ts';
import { keyProblems } from './runs/check-keys.ts';
import { Checks } from './runs/check.ts';
import { Cleaner } from './runs/cleaner.ts';
import { Listing } from './runs/listing.ts';
import { RunLookUp } from './runs/look-up.ts';
import { Owning } from './runs/owner.ts';
import { Reconciler } from './runs/reconciler.ts';
import { RetryBudget } from './runs/retry-budget.ts';
import { RunTimes } from './runs/run-times.ts';
import { type RunnerServices, Runner } from './runs/runner.ts';
import { Runs } from './runs/runs.ts';
import { Scheduler } from './runs/schedule/scheduler.ts';
import { submitTick } from './runs/schedule/submit-tick.ts';
import { Slots } from './runs/slots.ts';
import { Sweeper } from './runs/sweeper.ts';
import { takeClaimAway } from './runs/take-claim-away.ts';
import { vouchFor } from './runs/vouch.ts';

const DAY_MS = 86_400_000;
const LAST_WORDS_MS = 1_000;
// A second to be over, and one for S3.
const LAST_CALLS_MS = 2_000;

/** A gateway that listens. */
export interface Gateway {
  readonly url: string;
  /** Stops gracefully; see {@link Runs.close}. */
  close(): Promise<void>;
}

/** Wires a gateway and starts it. Rejects with every problem of the pipelines; a missing engine or S3 only shows in /health. */
export async function startGateway(config: Config, engine: Engine, log: Logger, version: string): Promise<Gateway> {
  const bucket = new Bucket({
    bucket: config.AWS_BUCKET_NAME,
    region: config.AWS_REGION,
    endpoint: config.S3_ENDPOINT,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    credentials: config.fileCredentials,
  });
  const seals = new Seals({ current: config.LEDGER_KEY, previous: config.LEDGER_KEY_PREVIOUS, since: config.LEDGER_SEALED_SINCE });
  const problems = new LedgerProblems(log);
  const ledger = new Ledger({ bucket, prefix: config.LEDGER_PREFIX, installation: config.INSTALLATION_ID, seals, problems });
  const history = new History(bucket, config.LEDGER_PREFIX, seals);
  const jobCredentials = new JobCredentials(bucket, jobIdentity(config));
  const hostWarnings = new Set<string>();
  const warnings = jobCredentials.warnings(seals.active);
  for (const warning of warnings) log.warn(warning);
  const probes = { engine: new Probe(() => askEngine(engine, hostWarnings, log)), s3: new Probe(() => askBucket(bucket)) };
  const stopProbes = [probes.engine.keepYoung(), probes.s3.keepYoung()];
  const conditions = new Conditions(bucket, config.LEDGER_PREFIX);
  const catalogue = await Catalogue.load(
    config.PIPELINES_DIR,
    (job) => engine.describe(job),
    (pipeline) => keyProblems(pipeline, config.LEDGER_PREFIX),
    config.environment,
  );
  catalogue.onProblem((problem) => log.warn({ pipeline: problem.file }, formatProblem(problem)));
  const owning = new Owning(engine, config.INSTALLATION_ID);
  const times = new RunTimes(config.MAX_RUNNING);
  const slots = new Slots(config.MAX_RUNNING, (seconds) => times.ended(seconds));
  const sweeper = new Sweeper({ ledger, log, sweepAgainSeconds: config.SWEEP_AGAIN_SECONDS });
  const services: RunnerServices = {
    engine,
    ledger,
    log,
    slots,
    sweeper,
    budget: new RetryBudget(config.RETRY_BUDGET),
    environment: config.environment,
    installation: config.INSTALLATION_ID,
    s3: {
      bucket: config.AWS_BUCKET_NAME,
      region: config.AWS_REGION,
      endpoint: config.JOB_S3_ENDPOINT ?? config.S3_ENDPOINT,
      forcePathStyle: config.S3_FORCE_PATH_STYLE,
    },
    stopGraceSeconds: config.STOP_GRACE_SECONDS,
    keepHours: config.KEEP_HOURS,
    retry: {
      maxAttempts: config.MAX_ATTEMPTS,
      baseSeconds: config.RETRY_BASE_SECONDS,
      maxSeconds: config.RETRY_MAX_SECONDS,
    },
    credentials: (scope) => jobCredentials.of(scope),
    latestKey: (pipeline) => ledger.latest.keyOf(pipeline),
    latestColumns: (pipeline, datasets) => ledger.latest.columns(pipeline, datasets),
    vouch: (run) => vouchFor(run, catalogue, { isSealed: ledger.isSealed }),
  };
  const runs = new Runs({
    ...services,
    owning,
    times,
    runner: new Runner(services),
    maxRunning: config.MAX_RUNNING,
    maxWaiting: config.MAX_WAITING,
    keepContainers: config.KEEP_CONTAINERS,
    refusal: () => (conditions.problem === undefined ? undefined : new GatewayError('S3_NOT_CONDITIONAL', conditions.problem)),
  });
  const retentionMs = config.LEDGER_RETENTION_DAYS === 0 ? undefined : config.LEDGER_RETENTION_DAYS * DAY_MS;
  const reconciler = new Reconciler({
    ...services,
    history,
    owning,
    runs,
    conditions,
    cleaner: new Cleaner(services),
    everySeconds: config.RECONCILE_SECONDS,
    retentionMs,
  });
  const scheduler = new Scheduler(
    {
      pipelines: () => catalogue.list(),
      firstSeen: async (pipeline, fingerprint) => ledger.scheduleSeen(await owning.owner(), pipeline, fingerprint),
      submit: async (name, tick) => submitTick(runs, await catalogue.get(name), tick),
      log,
    },
    retentionMs === undefined ? {} : { rememberedMs: retentionMs },
  );
  const checks = new Checks(services, log, config.HEALTH_CACHE_SECONDS);
  const openRuns = config.MAX_RUNNING + config.MAX_WAITING;
  const app = createApp({
    engine,
    bucket,
    conditions,
    catalogue,
    runs,
    slots,
    states: ledger.states,
    takeClaimAway: (pipeline) => takeClaimAway({ ledger, runs, owning }, pipeline),
    checks,
    lookUp: new RunLookUp(ledger, runs),
    listing: new Listing(runs, history, reconciler),
    maxWaitSeconds: config.MAX_WAIT_SECONDS,
    version,
    log,
    apiKey: config.API_KEY,
    probes,
    warnings: () => [...engine.warnings, ...hostWarnings, ...warnings],
    problems: () => problems.list(),
    bounds: httpBounds(openRuns),
    guard: { hosts: hostsOf(config), origins: config.CORS_ORIGINS ?? [] },
  });
  const server = createGatewayServer(app, openRuns, log);
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  const url = `http://${host}:${port}`;
  log.info({ url, engine: engine.name, pipelines: (await catalogue.list()).map((pipeline) => pipeline.name) }, 'listening');
  void reconciler.run();
  scheduler.start();
  const stopLoopDelay = logLoopDelay(log);
  return {
    url,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      reconciler.stop();
      stopLoopDelay();
      for (const stop of stopProbes) stop();
      scheduler.stop();
      await runs.close(config.SHUTDOWN_SECONDS);
      // The reconciler finds at the next start what S3 keeps it from giving back and clearing away now.
      await Promise.race([Promise.all([ledger.stamps.settled(), sweeper.settled()]), sleep(LAST_CALLS_MS)]);
      // Whoever was told just now must get to read it before the connection goes.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      await Promise.race([closed, sleep(LAST_WORDS_MS)]);
      clearInterval(idle);
      server.closeAllConnections();
    },
  };
}

/** Asks for the engine's health. The log tells each warning of its host once. */
async function askEngine(engine: Engine, told: Set<string>, log: Logger): Promise<EngineHealth> {
  const health = await engine.health();
  for (const warning of health.warnings ?? []) {
    if (told.has(warning)) continue;
    told.add(warning);
    log.warn({ engine: engine.name }, warning);
  }
  return health;
}

function jobIdentity(config: Config): JobIdentity {
  const { JOB_AWS_ACCESS_KEY_ID: accessKeyId, JOB_AWS_SECRET_ACCESS_KEY: secretAccessKey, JOB_AWS_SESSION_TOKEN: sessionToken, S3_JOB_ROLE: arn } = config;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { kind: 'static', credentials: { accessKeyId, secretAccessKey, sessionToken } };
  if (arn === undefined) return { kind: 'gateway' };
  return { kind: 'role', arn, maxSeconds: config.S3_JOB_ROLE_SECONDS, region: config.AWS_REGION, endpoint: config.STS_ENDPOINT ?? config.S3_ENDPOINT };
}

/** Names that callers may call by. Where there is a key no page has it, whatever its name, so that any will do. */
function hostsOf({ HOST, ALLOWED_HOSTS = [], API_KEY }: Config): readonly string[] | undefined {
  return API_KEY === undefined ? [HOST.toLowerCase(), ...ALLOWED_HOSTS] : undefined;
}
