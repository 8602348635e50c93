import { pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { startGateway } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { createEngine } from './create-engine.ts';
import { PipelinesError } from './pipelines/catalogue.ts';

const HELP = `Esclusa gateway ${packageJson.version}: one HTTP POST, one ephemeral container, one database in S3.

Usage: node main.js [--help | --version]

Configuration comes from the environment; .env.example lists every variable. Instead of any X, X_FILE may name a file with its value.`;

// EX_CONFIG of sysexits.h: whoever restarts us will not mend it by that.
const BAD_CONFIGURATION = 78;

async function main(): Promise<void> {
  if (process.argv.includes('--version')) return console.log(`esclusa-gateway ${packageJson.version}`);
  if (process.argv.includes('--help')) return console.log(HELP);
  const config: Config = readConfig(process.env);
  const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const engine = createEngine(config);
  for (const warning of engine.warnings) log.warn({ engine: engine.name }, warning);
  const gateway = await startGateway(config, engine, log, packageJson.version);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  const known = error instanceof ConfigError || error instanceof PipelinesError;
  console.error(known ? error.message : error);
  process.exit(known ? BAD_CONFIGURATION : 1);
}
