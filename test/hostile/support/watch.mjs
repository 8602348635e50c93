// A thread of its own that looks at a gateway while a row is played, so that what the test itself computes delays no look.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const RSS_EVERY_MS = 50;
const HEALTH_EVERY_MS = 250;
const PATIENCE_MS = 10_000;

// A monitor keeps its connection, as probes do; one that is refused a new one would see nothing.
const agent = new Agent({ keepAlive: true });
let { control, ...watched } = workerData;
let seen = nothing();

function nothing() {
  return { peakMiB: 0, health: [], failed: [] };
}

/** Memory of the process alone in MiB, as `docker stats` counts it. Pages of Node's binary do not count: they are the same file for everybody. */
function ownMiB(status) {
  const kib = (name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return (kib('RssAnon') + kib('RssShmem')) / 1024;
}

function rss() {
  try {
    seen.peakMiB = Math.max(seen.peakMiB, ownMiB(readFileSync(`/proc/${watched.pid}/status`, 'utf8')));
  } catch {
    // It has died; who started it knows.
  }
}

/** Resolves with the milliseconds that an answer took, and what was wrong with it. */
function ask(url) {
  const since = performance.now();
  return new Promise((resolve) => {
    const done = (failure) => resolve({ ms: Math.round(performance.now() - since), failure });
    const going = get(url, { agent, timeout: PATIENCE_MS }, (answer) => {
      answer.resume().on('end', () => done(answer.statusCode === 200 ? undefined : String(answer.statusCode)));
    });
    going.on('timeout', () => going.destroy(new Error('timeout')));
    going.on('error', (error) => done(error.code ?? error.message));
  });
}

async function health() {
  const into = seen;
  const waiting = { since: performance.now() };
  into.waiting ??= new Set();
  into.waiting.add(waiting);
  const [theirs, machines] = await Promise.all([ask(`${watched.url}/health`), ask(control)]);
  into.waiting.delete(waiting);
  into.health.push({ ms: theirs.ms, own: Math.max(0, theirs.ms - machines.ms), machine: machines.ms });
  if (theirs.failure !== undefined) into.failed.push(theirs.failure);
}

setInterval(rss, RSS_EVERY_MS);
setInterval(() => void health(), HEALTH_EVERY_MS);
parentPort.on('message', (message) => {
  if (message.watch !== undefined) watched = message.watch;
  if (message.take === true) {
    rss();
    const { waiting = [], ...rest } = seen;
    // Those that have no answer yet count with what they have waited so far.
    const late = [...waiting].map(({ since }) => Math.round(performance.now() - since));
    parentPort.postMessage({ ...rest, health: [...rest.health, ...late.map((ms) => ({ ms, own: ms, machine: 0 }))] }, []);
  }
  seen = nothing();
});
