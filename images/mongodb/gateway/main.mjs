/**
 * MongoDB's wire protocol in front of DocumentDB, an extension of PostgreSQL: for tests and the demo, where no registry
 * has MongoDB's own image. Knows nothing of TLS, change streams, sharding or more than one member.
 */
import { setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './connections.mjs';
import { Cursors } from './cursors.mjs';
import { Operations } from './operations.mjs';
import { Postgres } from './postgres.mjs';
import { Sessions } from './sessions.mjs';
import { readSettings } from './settings.mjs';
import { Users } from './users.mjs';

const STARTING_UP = ['57P03', 'ENOENT', 'ECONNREFUSED'];
const TIDY_EVERY_MS = 10_000;

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  const postgres = new Postgres();
  await untilReady(postgres);
  const users = new Users(postgres);
  await users.load();
  if (settings.rootUser !== undefined && users.find('admin', settings.rootUser) === undefined) {
    await users.create('admin', settings.rootUser, settings.rootPassword, ['root']);
  }
  const operations = new Operations(postgres);
  const cursors = new Cursors();
  const sessions = new Sessions(postgres, cursors, settings.snapshotSeconds);
  setInterval(() => {
    Promise.all([cursors.killIdle(), sessions.endIdle()]).catch((error) => console.error(`cannot end what is idle: ${error.message}`));
  }, TIDY_EVERY_MS).unref();
  await listen({ settings, postgres, users, operations, cursors, sessions });
  console.log(`Waiting for connections on port ${settings.port}`);
} catch (error) {
  console.error(`mongodb: ${error.message}`);
  process.exit(1);
}

/** The entrypoint ends this process if PostgreSQL ends, so that waiting has an end too. */
async function untilReady(postgres) {
  for (;;) {
    try {
      await postgres.control('select 1');
      return;
    } catch (error) {
      if (!STARTING_UP.includes(error.code)) throw error;
      await sleep(20);
    }
  }
}
