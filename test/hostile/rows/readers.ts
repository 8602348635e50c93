import { eventually, runningContainer } from '../../support/docker.ts';
import { wordsOf } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import { type RawConnection, closeAll, openAfter, openMany, pause, tally } from '../support/sockets.ts';
import type { Stage } from '../support/stage.ts';
import { sleeping } from './forged.ts';

const HOLD_MS = 3_000;
/** Most streams, and most waiters on one key, that a gateway may serve at once. */
const MOST = 200;

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;

/** Asks on one connection until the kernel's own buffers, which are generous on loopback, hold no more. */
const ASKED_EACH = 12;

/** Many that ask and then take nothing; meanwhile somebody else must be answered. */
async function takeNothing(stage: Stage, count: number, request: string, each = ASKED_EACH): Promise<string> {
  const connections = await openMany(count, stage.gateway.url);
  for (const { socket } of connections) {
    socket.pause();
    socket.write(request.repeat(each));
  }
  await pause(HOLD_MS);
  const other = await stage.ask('GET', '/api/runs?limit=1').catch((error: Error) => ({ status: 0, body: { code: error.message } }));
  closeAll(connections);
  return `another caller gets ${wordsOf(other)}`;
}

function logs(as: string, more: string): Row {
  return {
    name: `100 readers who ask for a log of 1 MiB twelve times each${as}, and take nothing`,
    answered: 'another caller gets 200',
    act: async (stage) => {
      const { run } = await stage.evil({ do: 'talkative' });
      return takeNothing(stage, 100, get(`/api/runs/${run}/logs`, more));
    },
  };
}

/** Followers of a job that talks all the time: each falls behind. */
const followers: Row = {
  name: '100 followers of a log that grows by 40 MiB, who take nothing',
  answered: 'succeeded',
  act: async (stage) => {
    const pipeline = await stage.writeEvil({ do: 'long-lines', mib: 40 });
    const { body } = await stage.ask('POST', `/api/ingesta/${pipeline}`, undefined, { Prefer: 'respond-async' });
    const run = String(body['run']);
    stage.runs.push(run);
    const connections = await openMany(100, stage.gateway.url);
    for (const { socket } of connections) {
      socket.pause();
      socket.write(get(`/api/runs/${run}/logs?follow=true`));
    }
    const ended = await eventually('its end', async () => {
      const { state } = (await stage.ask('GET', `/api/runs/${run}`)).body;
      return ['succeeded', 'failed'].includes(String(state)) && String(state);
    });
    closeAll(connections);
    return ended;
  },
};

function takesNothingOf(path: string): Row {
  return {
    name: `100 readers who ask for ${path} twelve times each, and take nothing`,
    answered: 'another caller gets 200',
    act: (stage) => takeNothing(stage, 100, get(path)),
  };
}

/** An answer that is much larger than its question must not be kept for each of very many. */
function refusals(fields: number): Row {
  return {
    name: `300 readers who send ${fields} unknown fields eight times each, and take nothing`,
    answered: 'another caller gets 200',
    act: (stage) => {
      const body = `{${Array.from({ length: fields }, (_, at) => `"n${at}":0`).join()}}`;
      const request = `POST /api/ingesta/honest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      return takeNothing(stage, 300, request, 8);
    },
  };
}

const streams: Row = {
  name: '500 streams of events of one run',
  answered: /^at most 200 streams, the others 429; succeeded$/,
  act: async (stage) => {
    const { run } = await sleeping(stage, 4);
    const connections = await openMany(500, stage.gateway.url, get(`/api/runs/${run}/events`));
    await pause(1_000);
    const statuses = connections.map(({ statuses }) => statuses[0] ?? 0);
    const open = statuses.filter((status) => status === 200).length;
    const refused = statuses.filter((status) => status === 429).length;
    const end = await eventually('its end', async () => {
      const { state } = (await stage.ask('GET', `/api/runs/${run}`)).body;
      return ['succeeded', 'failed'].includes(String(state)) && String(state);
    });
    closeAll(connections);
    const bounded = open <= MOST && open + refused === connections.length;
    return `${bounded ? 'at most 200 streams, the others 429' : tally(statuses)}; ${end}`;
  },
};

const waiters: Row = {
  name: '300 waiters on one Idempotency-Key',
  answered: /^one run; only 200, 202 and 429$/,
  act: async (stage) => {
    const pipeline = await stage.writeEvil({ do: 'sleep', seconds: 2 });
    const head = `POST /api/ingesta/${pipeline} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: crowd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    const connections = await openMany(300, stage.gateway.url, head);
    await openAfter(connections, 30);
    const statuses = connections.map(({ statuses }) => statuses[0] ?? 0);
    const runs = new Set(connections.flatMap(({ text }) => /esclusa-run: ([0-9a-f-]{36})/i.exec(text)?.[1] ?? []));
    stage.runs.push(...runs);
    closeAll(connections);
    // Beyond the bound of those who wait, one with a key is told where its run is to be asked for.
    const other = statuses.filter((status) => ![200, 202, 429].includes(status));
    return `${runs.size === 1 ? 'one run' : `${runs.size} runs`}; ${other.length === 0 && statuses.includes(200) ? 'only 200, 202 and 429' : tally(statuses)}`;
  },
};

const plans: Row = {
  name: '60 plans at once',
  answered: /^\d+ × 200, \d+ × 429 [A-Z_]+$/,
  act: async (stage) => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => askAlone(stage, 'POST', '/api/ingesta/honest/plan')));
    return tally(answers);
  },
};

/** Sends a request over a connection of its own, and gives up after 40 s. */
async function askAlone(stage: Stage, method: string, path: string): Promise<string> {
  const answer = await fetch(stage.gateway.url + path, { method, signal: AbortSignal.timeout(40_000) }).catch((error: Error) => error);
  if (answer instanceof Error) return answer.name;
  return wordsOf({ status: answer.status, body: (await answer.json()) as Record<string, unknown> });
}

const planGone: Row = {
  name: '30 plans whose callers go away at once',
  answered: 'no container is left',
  act: async (stage) => {
    const asked = Array.from({ length: 30 }, () =>
      fetch(`${stage.gateway.url}/api/ingesta/honest/plan`, { method: 'POST', signal: AbortSignal.timeout(300) }).catch(() => undefined),
    );
    await Promise.all(asked);
    const none = await eventually('all containers to go', async () => (await stage.containers()) === 0, 30).catch(() => false);
    return none ? 'no container is left' : `${await stage.containers()} containers are left`;
  },
};

/** All that never comes to its end, at once, since each has to be waited for. */
const neverEnd: Row = {
  name: '1,200 connections that never speak, 200 slow heads, 200 slow bodies, 200 silent after one answer',
  answered: 'at most 1,000 at once; all closed within 45 s',
  act: async (stage) => {
    const { url } = stage.gateway;
    const silent = await openMany(200, url, get('/health'));
    const heads = await openMany(200, url, 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const bodies = await openMany(200, url, 'POST /api/ingesta/honest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\n{');
    const idle = await openMany(1_200, url);
    await pause(500);
    const all = [...silent, ...heads, ...bodies, ...idle];
    const atOnce = all.filter(({ closed }) => !closed).length;
    const drip = setInterval(() => {
      for (const { socket } of heads) if (!socket.destroyed) socket.write('X: a\r\n');
      for (const { socket } of bodies) if (!socket.destroyed) socket.write(' ');
    }, 2_000);
    const open = await openAfter(all, 45);
    clearInterval(drip);
    const which = Object.entries({ silent, heads, bodies, idle }).flatMap(([kind, of]) => {
      const left = of.filter(({ closed }) => !closed).length;
      return left === 0 ? [] : [`${left} ${kind}`];
    });
    closeAll(all);
    return `${atOnce <= 1_000 ? 'at most 1,000' : atOnce} at once; ${open === 0 ? 'all closed within 45 s' : `${which.join(', ')} are open after 45 s`}`;
  },
};

/** Each answer of one connection, in order. */
async function answersOf(stage: Stage, text: string, wanted: number): Promise<RawConnection> {
  const [connection] = await openMany(1, stage.gateway.url, text);
  if (connection === undefined) throw new Error('no connection');
  await eventually('its answers', async () => connection.statuses.length >= wanted || connection.closed, 5).catch(() => undefined);
  closeAll([connection]);
  return connection;
}

/** HEAD of a path, with a request behind it. */
function headBefore(path: string): string {
  return `HEAD ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${get('/health')}`;
}

const heads: Row = {
  name: 'HEAD of a stream of events and of a followed log, each with a request behind it on one connection',
  answered: '200,200; 200,200',
  act: async (stage) => {
    const { run } = await sleeping(stage, 3);
    const events = await answersOf(stage, headBefore(`/api/runs/${run}/events`), 2);
    const follow = await answersOf(stage, headBefore(`/api/runs/${run}/logs?follow=true`), 2);
    return `${events.statuses.join()}; ${follow.statuses.join()}`;
  },
};

const pipelined: Row = {
  name: '200 requests on one connection, sent before the first answer',
  // At most 16 may wait for their turn; the connection of a client that sends more is closed.
  answered: /^(|\d+ × 200)$/,
  act: async (stage) => tally((await answersOf(stage, get('/api/runs?limit=1').repeat(200), 200)).statuses),
};

const leavers: Row = {
  name: '20 callers who go away while they wait',
  answered: 'all runs have ended',
  act: async (stage) => {
    const pipeline = await stage.writeEvil({ do: 'honest' });
    const asked = Array.from({ length: 20 }, () =>
      fetch(`${stage.gateway.url}/api/ingesta/${pipeline}`, { method: 'POST', signal: AbortSignal.timeout(400) }).catch(() => undefined),
    );
    await Promise.all(asked);
    const open = async (): Promise<boolean> => (await stage.bucket.keys('_esclusa/open/')).every((key) => !key.includes(`.${pipeline}.`));
    const ended = await eventually('their end', open, 40).catch(() => false);
    return ended ? 'all runs have ended' : 'runs are open';
  },
};

const headless: Row = {
  name: 'a log that its readers leave in the middle, 200 times',
  answered: 'another caller gets 200',
  act: async (stage) => {
    const { run } = await sleeping(stage, 2);
    await runningContainer(run).catch(() => undefined);
    for (let n = 0; n < 4; n++) {
      const connections = await openMany(50, stage.gateway.url, get(`/api/runs/${run}/logs?follow=true`));
      await pause(50);
      closeAll(connections);
    }
    return `another caller gets ${wordsOf(await stage.ask('GET', `/api/runs/${run}`))}`;
  },
};

/** Readers that do not read, callers that do not go on, and too many of either. */
export const READERS: Row[] = [
  logs('', ''),
  logs(' as JSON lines', 'Accept: application/x-ndjson\r\n'),
  followers,
  takesNothingOf('/openapi.json'),
  takesNothingOf('/docs'),
  takesNothingOf('/assets/docs.js'),
  takesNothingOf('/api/runs?limit=500'),
  refusals(900),
  refusals(5_500),
  streams,
  waiters,
  plans,
  planGone,
  heads,
  pipelined,
  leavers,
  headless,
  neverEnd,
];
