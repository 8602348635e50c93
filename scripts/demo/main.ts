import { parseArgs } from 'node:util';
import { ensureDocker } from '../setup/docker.ts';
import { show } from './show.ts';
import { say, type Stage } from './stage.ts';
import { withDocker } from './with-docker.ts';
import { namedDatabases, withoutDocker } from './without-docker.ts';

const HELP = `npm run demo: PharmaVida's PostgreSQL, MySQL and MongoDB to S3, through real containers.

Usage: npm run demo [-- options]
  --once       end after the runs, and clean up
  --port N     port of the gateway on loopback (8000)
  --help       this text

Without Docker: set S3_ENDPOINT (and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), and one or more of POSTGRES_HOST, MYSQL_HOST and
MONGO_HOST (and their _PORT, _USER, _PASSWORD, _DATABASE), to servers that somebody else runs; jobs then run as plain processes.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, port: { type: 'string', default: '8000' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(HELP);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535) throw new Error(`--port wants a number from 1 to 65535, not "${values.port}"`);
  const interrupted = Promise.withResolvers<void>();
  let stopping = false;
  // Not once: a second signal (npm passes on its own) must not end the cleaning up. SIGHUP: the terminal was closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping) say('ending: what is being started is waited for, then everything is removed');
      stopping = true;
      interrupted.resolve();
    });
  }

  const stage = await setUp(port);
  try {
    const gone = stage.ended.then((how) => {
      if (!stopping) throw new Error(`the gateway is gone: ${how}`);
    });
    gone.catch(() => undefined);
    if (!stopping) await Promise.race([show(stage), interrupted.promise, gone]);
    if (!values.once && !stopping) {
      const [first] = stage.pipelines;
      console.log(
        `\nThe gateway stays up at ${stage.url}; Ctrl-C ends it. Try:\n  curl -X POST ${stage.url}/api/ingesta/${first}\n  curl ${stage.url}/health\n`,
      );
      await untilOne(interrupted.promise, gone);
    }
  } finally {
    stopping = true;
    say('cleaning up');
    await stage.clear();
    say('done');
  }
}

/** Waits for one of these. A promise alone does not keep Node running, nor does a signal that may come. */
async function untilOne(...promises: Promise<void>[]): Promise<void> {
  const awake = setInterval(() => undefined, 60_000);
  try {
    await Promise.race(promises);
  } finally {
    clearInterval(awake);
  }
}

async function setUp(port: number): Promise<Stage> {
  try {
    await ensureDocker(say);
  } catch (error) {
    const endpoint = process.env['S3_ENDPOINT'];
    const databases = namedDatabases();
    if (databases.length === 0 || endpoint === undefined) throw error;
    const names = databases.map(({ prefix }) => `${prefix}_HOST`).join(', ');
    say(`no Docker (${(error as Error).message.split('\n')[0]}); using the servers that ${names} and S3_ENDPOINT name`);
    return withoutDocker(port, endpoint);
  }
  return withDocker(port);
}

try {
  await main();
} catch (error) {
  console.error(`\nThe demo could not go on: ${(error as Error).message}`);
  process.exitCode = 1;
}
