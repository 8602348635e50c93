import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '@esclusa/contract';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Engine } from './engine/engine.ts';
import { createApp } from './http/app.ts';
import { Bucket } from './ledger/bucket.ts';
import { Ledger } from './ledger/ledger.ts';
import { Catalogue } from './pipelines/catalogue.ts';
import { Checks } from './runs/check.ts';
import { type RunnerServices, Runner } from './runs/runner.ts';
import { Runs } from './runs/runs.ts';

const SWEEP_AGAIN_SECONDS = 60;
const LAST_WORDS_MS = 1_000;

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
  });
  const ledger = new Ledger(bucket, config.LEDGER_PREFIX, config.INSTALLATION_ID);
  const catalogue = await Catalogue.load(config.PIPELINES_DIR, (job) => engine.describe(job));
  const services: RunnerServices = {
    engine,
    ledger,
    log,
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
    sweepAgainSeconds: SWEEP_AGAIN_SECONDS,
    retry: {
      maxAttempts: config.MAX_ATTEMPTS,
      baseSeconds: config.RETRY_BASE_SECONDS,
      maxSeconds: config.RETRY_MAX_SECONDS,
    },
    credentials: () => bucket.credentials(),
  };
  const runner = new Runner(services);
  const runs = new Runs({ ...services, runner, maxRunning: config.MAX_RUNNING, maxWaiting: config.MAX_WAITING, keepContainers: config.KEEP_CONTAINERS });
  const checks = new Checks(services, log, config.HEALTH_CACHE_SECONDS);
  const manifest = async (ended: { commitKey?: string | undefined }) => {
    const decision = ended.commitKey === undefined ? undefined : await ledger.decisionAt(ended.commitKey);
    if (decision?.state !== 'committed') throw new JobError('S3_UNAVAILABLE', 'the manifest of a committed run can not be read');
    return decision;
  };
  const app = createApp({ engine, bucket, catalogue, runs, checks, manifest, version, log, apiKey: config.API_KEY });
  const server = createServer(app);
  // A run may take hours before it answers; only receiving a request is bounded.
  server.requestTimeout = 30_000;
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  const url = `http://${host}:${port}`;
  log.info({ url, engine: engine.name, pipelines: (await catalogue.list()).map((pipeline) => pipeline.name) }, 'listening');
  runs.recover().catch((error: unknown) => log.debug({ err: error }, 'recovery ended early'));
  return {
    url,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await runs.close(config.SHUTDOWN_SECONDS);
      // Whoever was told just now must get to read it before the connection goes.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      await Promise.race([closed, sleep(LAST_WORDS_MS)]);
      clearInterval(idle);
      server.closeAllConnections();
    },
  };
}
