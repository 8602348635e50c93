// Looks at what it is and what it can reach, and tells it in its error line: the test holds it against what was promised.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { leave, log, request, say } from './world.mjs';

function statusFields() {
  const fields = readFileSync('/proc/self/status', 'utf8').split('\n');
  const wanted = /^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):\s*(.*)$/;
  return Object.fromEntries(fields.flatMap((line) => (wanted.test(line) ? [line.match(wanted).slice(1)] : [])));
}

/** The kind of file system that a path can be written to; false where it can't. */
function writable(path) {
  try {
    writeFileSync(`${path}/x`, 'x');
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return mounts.map((line) => line.split(' ')).findLast(([, at]) => at === path)?.[2] ?? 'root';
  } catch {
    return false;
  }
}

function reach(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (how) => {
      socket.destroy();
      resolve(how);
    };
    socket.on('connect', () => done('open'));
    socket.on('timeout', () => done('timeout'));
    socket.on('error', (error) => done(error.code));
  });
}

async function tell(details) {
  await say({ type: 'error', code: 'TOLD', message: 'what it found', retryable: false, details });
  leave(77);
}

/** Behaviours by name, each a question that a job can ask of its surroundings. */
export const asks = {
  who: async ({ paths = [] }, known) => {
    const places = Object.fromEntries(['/', '/app', '/etc', '/root', '/var/tmp', ...paths].map((path) => [path, writable(path)]));
    const namespaces = readFileSync('/proc/self/cgroup', 'utf8').split('\n')[0];
    await tell({ status: statusFields(), writable: places, cgroup: namespaces, plain: Object.keys(process.env), secret: Object.keys(known) });
  },
  // The gateway masks values, so it is the names that tell what was given; the log says the values for the test's own search.
  variables: async ({ names }, known) => {
    for (const name of names) await log(`variable ${name} ${process.env[name] ?? ''} ${known[name] ?? ''}`);
    await tell({ plain: names.filter((name) => process.env[name] !== undefined), secret: names.filter((name) => known[name] !== undefined) });
  },
  reach: async ({ targets }) => {
    const found = {};
    for (const [host, port] of targets) found[`${host}:${port}`] = await reach(host, port);
    await tell(found);
  },
  request: () => tell({ request }),
};
