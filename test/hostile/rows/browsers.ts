import { eventually } from '../../support/docker.ts';
import type { Asked } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';

type Headers = Readonly<Record<string, string>>;

/** A request as a browser sends it. */
interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: string;
}

const EVIL = 'https://evil.example';
/** The pipeline that nobody else runs on the stage of these rows. */
export const TARGET = 'target';
const RUN_PATH = `/api/ingesta/${TARGET}`;

/** Headers by which browsers say where a request comes from (https://www.w3.org/TR/fetch-metadata/). */
function from(site: string, mode: string, dest: string, more: Headers = {}): Headers {
  return { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest, ...more };
}

const image = from('cross-site', 'no-cors', 'image', { Referer: `${EVIL}/` });
const noCors = from('cross-site', 'no-cors', 'empty', { Origin: EVIL, 'Content-Type': 'text/plain;charset=UTF-8' });
const form = from('cross-site', 'navigate', 'document', { Origin: EVIL, 'Content-Type': 'text/plain', 'Upgrade-Insecure-Requests': '1' });

/** Sends them all; no run and no container may come of them. Says the statuses, and what came of it all the same. */
async function led(stage: Stage, sent: readonly Sent[]): Promise<string> {
  const runs = async (): Promise<number> => {
    const open = (await stage.bucket.keys('_esclusa/open/')).filter((key) => key.includes(`.${TARGET}.`));
    return open.length + (await stage.bucket.keys(`_esclusa/index/pipeline/${TARGET}/`)).length;
  };
  const before = await runs();
  const answers: Asked[] = [];
  for (const { method = 'GET', path, headers, body } of sent) answers.push(await stage.ask(method, path, body, headers));
  const allowed = answers.filter(({ headers }) => headers['access-control-allow-origin'] !== undefined).length;
  await eventually('it to settle', async () => (await stage.containers()) === 0, 20).catch(() => undefined);
  const more = (await runs()) - before;
  const words = [...new Set(answers.map(({ status }) => status))].join(', ');
  return [words, ...(allowed === 0 ? [] : [`${allowed} allowed to be read`]), ...(more === 0 ? [] : [`${more} runs came of it`])].join('; ');
}

function refused(name: string, answered: string | RegExp, ...sent: Sent[]): Row {
  return { name, answered, act: (stage) => led(stage, sent) };
}

/** By another name for this address: to the browser it is the attacker's own site. */
function rebinding(stage: Stage, host: string): Sent[] {
  const { port } = new URL(stage.gateway.url);
  const headers = { Host: `${host}:${port}`, ...from('same-origin', 'cors', 'empty', { Origin: `http://${host}:${port}` }) };
  return [
    { path: '/api/runs', headers },
    { path: '/api/ingesta', headers },
    { path: '/api/ingesta/health', headers },
    { path: '/openapi.json', headers },
    { method: 'POST', path: RUN_PATH, headers },
    { method: 'POST', path: `${RUN_PATH}/plan`, headers },
    { method: 'DELETE', path: '/api/runs/019ab1f4-0000-7000-8000-000000000000', headers },
    { method: 'PUT', path: '/api/ingesta/inc/state/productos', headers, body: '{"state":{}}' },
  ];
}

const hosts = [
  'attacker.example',
  'localhost.attacker.example',
  '127.0.0.1.attacker.example',
  'a.localhost.example',
  '0x7f000001.example',
  '[::1].example',
].map((host): Row => ({ name: `eight requests whose Host is ${host}`, answered: /^(421|400)$/, act: (stage) => led(stage, rebinding(stage, host)) }));

const ownNames: Row = {
  name: 'its own names: 127.0.0.1, localhost, LOCALHOST, [::1], localhost without a port',
  answered: '200',
  act: async (stage) => {
    const { port } = new URL(stage.gateway.url);
    const names = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, 'localhost'];
    return led(
      stage,
      names.map((Host) => ({ path: '/api/runs', headers: { Host } })),
    );
  },
};

const programs: Row = {
  name: 'programs that send neither Origin nor Sec-Fetch-*',
  answered: '200',
  act: (stage) =>
    led(stage, [
      { path: '/api/runs', headers: { 'User-Agent': 'curl/8.0' } },
      { path: '/api/ingesta', headers: { 'User-Agent': 'python-requests/2' } },
    ]),
};

const ownPage: Row = {
  name: "the gateway's own page: same-origin questions and a run",
  answered: '200; 200 succeeded',
  act: async (stage) => {
    const { origin } = new URL(stage.gateway.url);
    const headers = from('same-origin', 'cors', 'empty', { Origin: origin, Referer: `${origin}/docs` });
    const read = await led(stage, [
      { path: '/api/runs', headers },
      { path: '/openapi.json', headers },
      { path: '/docs', headers: from('none', 'navigate', 'document') },
    ]);
    return `${read}; 200 ${await stage.honest(headers)}`;
  },
};

const answersHeaders: Row = {
  name: "headers of the API's answers",
  answered: 'nosniff, no-store, same-origin or same-site',
  act: async (stage) => {
    const answers = [await stage.ask('GET', '/api/runs'), await stage.ask('GET', '/api/ingesta'), await stage.ask('GET', '/api/nothing')];
    const missing = answers.flatMap(({ headers }) => [
      ...(headers['x-content-type-options'] === 'nosniff' ? [] : ['x-content-type-options']),
      ...(headers['cache-control']?.includes('no-store') === true ? [] : ['cache-control']),
      ...(/^same-(origin|site)$/.test(String(headers['cross-origin-resource-policy'])) ? [] : ['cross-origin-resource-policy']),
    ]);
    return missing.length === 0 ? 'nosniff, no-store, same-origin or same-site' : `without ${[...new Set(missing)].join(', ')}`;
  },
};

const ports: Row = {
  name: 'a page of another port of this machine',
  answered: '403',
  act: (stage) => {
    const headers = from('same-site', 'cors', 'empty', { Origin: 'http://localhost:3000' });
    return led(stage, [
      { path: '/api/runs', headers },
      { path: '/api/ingesta/health', headers },
      { method: 'POST', path: RUN_PATH, headers },
    ]);
  },
};

const oldBrowsers: Row = {
  name: 'a browser without Sec-Fetch-*, by its Origin alone',
  answered: '403',
  act: (stage) => {
    const { port } = new URL(stage.gateway.url);
    const origins = [
      EVIL,
      'null',
      'http://localhost.evil.example',
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1:1',
      'file://',
      `http://127.0.0.1:${port}.evil.example`,
    ];
    return led(
      stage,
      origins.map((Origin) => ({ method: 'POST', path: RUN_PATH, headers: { Origin, 'Content-Type': 'text/plain' } })),
    );
  },
};

/** A browser whose page is somebody else's. */
export const BROWSERS: Row[] = [
  ...hosts,
  ownNames,
  programs,
  ownPage,
  refused('an image of /api/ingesta/health on a foreign page', '403', { path: '/api/ingesta/health', headers: image }),
  refused('images of everything else', '403', ...['/api/runs', '/api/ingesta', '/api/ingesta/inc/state'].map((path) => ({ path, headers: image }))),
  refused('a script of /api/runs on a foreign page', '403', { path: '/api/runs', headers: from('cross-site', 'no-cors', 'script') }),
  refused('a form of a foreign page, as text/plain', '403', { method: 'POST', path: RUN_PATH, headers: form, body: '{"keep":true,"x":"="}' }),
  refused('a form in a sandbox, whose Origin is null', '403', { method: 'POST', path: RUN_PATH, headers: { ...form, Origin: 'null' }, body: 'a=b' }),
  refused('fetch() of a foreign page without CORS', '403', { method: 'POST', path: RUN_PATH, headers: { ...noCors, Prefer: 'respond-async' } }),
  refused('sendBeacon() of a foreign page', '403', { method: 'POST', path: `${RUN_PATH}/plan`, headers: noCors }),
  refused('an event stream of a foreign page', '403', {
    path: '/api/runs/019ab1f4-0000-7000-8000-000000000000/events',
    headers: from('cross-site', 'cors', 'empty', { Origin: EVIL, Accept: 'text/event-stream' }),
  }),
  refused('a link on a foreign page to the API', '403', { path: '/api/ingesta/health', headers: from('cross-site', 'navigate', 'document') }),
  refused('a link on a foreign page to the documentation', '200', { path: '/docs', headers: from('cross-site', 'navigate', 'document') }),
  refused('a frame on a foreign page with the API', '403', { path: '/api/runs', headers: from('cross-site', 'navigate', 'iframe') }),
  refused(
    'preflights of a foreign page',
    /^(204|403)(, (204|403))*$/,
    ...['DELETE', 'PUT', 'POST'].map((method) => ({
      method: 'OPTIONS',
      path: RUN_PATH,
      headers: from('cross-site', 'cors', 'empty', {
        Origin: EVIL,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'x-api-key',
        'Access-Control-Request-Private-Network': 'true',
      }),
    })),
  ),
  ports,
  oldBrowsers,
  answersHeaders,
];
