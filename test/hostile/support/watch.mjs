// A thread of its own that looks at a gateway while a row is played, so that what the test itself computes delays no look.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const RSS_EVERY_MS = 50;
const HEALTH_EVERY_MS = 250;
const HEALTH_PATIENCE_MS = 10_000;

// A monitor keeps its connection, as probes do; one that is refused a new one would see nothing.
const agent = new Agent({ keepAlive: true });
let watched = workerData;
let seen = nothing();
let tick = performance.now();

function nothing() {
  return { peakMiB: 0, health: [], failed: [] };
}

function rss() {
  const now = performance.now();
  // What this thread itself came late is the machine's doing, and no fault of the gateway's.
  const late = Math.max(0, now - tick - RSS_EVERY_MS);
  for (const ask of asking) ask.late += late;
  tick = now;
  try {
    const [, kib] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${watched.pid}/status`, 'utf8')) ?? [];
    seen.peakMiB = Math.max(seen.peakMiB, Number(kib ?? 0) / 1024);
  } catch {
    // It has died; who started it knows.
  }
}

const asking = new Set();

function health() {
  const ask = { late: 0, since: performance.now() };
  const into = seen;
  asking.add(ask);
  const done = (failure) => {
    if (!asking.delete(ask)) return;
    const ms = Math.round(performance.now() - ask.since);
    into.health.push({ ms, own: Math.max(0, Math.round(ms - ask.late)) });
    if (failure !== undefined) into.failed.push(failure);
  };
  const going = get(`${watched.url}/health`, { agent, timeout: HEALTH_PATIENCE_MS }, (answer) => {
    answer.resume().on('end', () => done(answer.statusCode === 200 ? undefined : String(answer.statusCode)));
  });
  going.on('timeout', () => going.destroy(new Error('timeout')));
  going.on('error', (error) => done(error.code ?? error.message));
}

setInterval(rss, RSS_EVERY_MS);
setInterval(health, HEALTH_EVERY_MS);
parentPort.on('message', (message) => {
  if (message.watch !== undefined) watched = message.watch;
  if (message.take === true) {
    rss();
    // Those that have no answer yet count with what they have waited so far.
    const waiting = [...asking].map(({ since, late }) => ({ ms: Math.round(performance.now() - since), own: Math.round(performance.now() - since - late) }));
    parentPort.postMessage({ ...seen, health: [...seen.health, ...waiting] }, []);
  }
  seen = nothing();
  asking.clear();
});
