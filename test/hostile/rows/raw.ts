import type { Row } from '../support/row.ts';
import { RawConnection, pause } from '../support/sockets.ts';
import type { Stage } from '../support/stage.ts';
import { type RawCase, rawCases } from './raw-cases.ts';

const PATIENCE_MS = 15_000;
const AT_ONCE = 4;
/** The gateway's key on the stage of these rows. */
export const RAW_KEY = 'canary-raw-key-8c1d22';

/** Sends one request; says what is wrong with its answer, if anything is. */
async function send({ url }: { readonly url: string }, { name, bytes, statuses }: RawCase): Promise<string | undefined> {
  const connection = await RawConnection.open(url, bytes);
  const deadline = Date.now() + PATIENCE_MS;
  while (!connection.closed && Date.now() < deadline) await pause(5);
  const { closed } = connection;
  connection.socket.destroy();
  const [status = 0, ...more] = connection.statuses;
  if (!closed) return `${name}: ${status === 0 ? 'no answer' : `${status} and no end`}`;
  if (more.length > 0 && status !== 100) return `${name}: ${connection.statuses.join()}`;
  return statuses.includes(status) ? undefined : `${name}: ${status}`;
}

async function sendAll(stage: Stage, theme: string): Promise<string> {
  const cases = rawCases({ host: new URL(stage.gateway.url).host, key: RAW_KEY })[theme] ?? [];
  const left = [...cases];
  const wrong: string[] = [];
  const sender = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) wrong.push(...[(await send(stage.gateway, next)) ?? []].flat());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return wrong.length === 0 ? 'each as it must be' : wrong.toSorted().join(' / ');
}

/** Requests by hand, a row for each theme. */
export const RAW: Row[] = Object.entries(rawCases({ host: '', key: RAW_KEY })).map(([theme, cases]) => ({
  name: `${cases.length} raw requests: ${theme}`,
  answered: 'each as it must be',
  act: (stage) => sendAll(stage, theme),
}));

/** Trimming must not take the square of the length, be it for one key or for many at once. */
const spaces: Row = {
  name: '40 Idempotency-Keys of 15,500 spaces between two letters, at once',
  answered: 'each is 400; another caller waits less than a second',
  act: async (stage) => {
    const key = `a${' '.repeat(15_500)}b`;
    const head = `POST /api/ingesta/honest HTTP/1.1\r\nHost: ${new URL(stage.gateway.url).host}\r\nX-API-Key: ${RAW_KEY}\r\nIdempotency-Key: ${key}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    const connections = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(stage.gateway.url, head)));
    const began = performance.now();
    await stage.ask('GET', '/api/ingesta');
    const waited = performance.now() - began;
    while (connections.some(({ closed }) => !closed) && performance.now() - began < 30_000) await pause(10);
    const each = connections.every(({ statuses }) => statuses[0] === 400 || statuses[0] === 431);
    return `${each ? 'each is 400' : 'not each is 400'}; another caller waits ${waited < 1_000 ? 'less than a second' : `${Math.round(waited)} ms`}`;
  },
};

RAW.push(spaces);
