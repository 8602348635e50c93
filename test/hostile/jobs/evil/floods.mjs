// Output without bounds. Each ends as an honest job would, unless the flood is the end.
import { commit, honestManifest, writeFiles } from './publish.mjs';
import { leave, log, result, say, write } from './world.mjs';

async function succeed(credentials) {
  await writeFiles(credentials);
  await commit(credentials, honestManifest());
  await result();
  leave();
}

async function repeat(times, line) {
  for (let n = 0; n < times; n++) await line(n);
}

const MIB = 1024 * 1024;
const progress = (dataset) => write(process.stderr, `${JSON.stringify({ type: 'progress', dataset, rows: 1, bytes: 1 })}\n`);
const fail = async (more) => {
  await say({ type: 'error', code: 'SOURCE_REFUSED', message: 'no', retryable: false, ...more });
  leave(77);
};
const deep = (depth) => '['.repeat(depth) + ']'.repeat(depth);

/** Behaviours by name, each an output that a job can write. */
export const floods = {
  honest: async (_options, known) => succeed(known),
  'progress-huge': async (_options, known) => {
    const name = 'd'.repeat(200_000);
    await repeat(500, (n) => progress(`${n}${name}`));
    await succeed(known);
  },
  'progress-names': async (_options, known) => {
    await repeat(20_000, (n) => progress(`n${n}`));
    await succeed(known);
  },
  'progress-prototype': async (_options, known) => {
    for (const name of ['__proto__', 'constructor', 'toString', 'd']) await progress(name);
    await succeed(known);
  },
  'no-line-ends': async ({ mib = 100 }, known) => {
    const chunk = Buffer.alloc(MIB, 'x');
    await repeat(mib, () => write(process.stdout, chunk));
    await write(process.stdout, '\n');
    await succeed(known);
  },
  'long-lines': async ({ mib = 60 }, known) => {
    const chunk = Buffer.from(`${'y'.repeat(250_000)}\n`);
    await repeat(mib * 4, () => write(process.stderr, chunk));
    await succeed(known);
  },
  'deep-json': async (_options, known) => {
    for (const type of ['log', 'progress', 'result', 'error'])
      await write(process.stdout, `{"type":"${type}","level":"info","message":"m","x":${deep(100_000)}}\n`);
    await succeed(known);
  },
  events: async (_options, known) => {
    const name = 'e'.repeat(100_000);
    await repeat(300, (n) => log('m', { event: `${n}${name}` }));
    await repeat(20_000, () => log('m', { event: 'connected' }));
    await succeed(known);
  },
  results: async (_options, known) => {
    const line = '{"type":"result","mode":"run","commitKey":"x","datasets":{}}\n'.repeat(1_000);
    await repeat(500, () => write(process.stdout, line));
    await succeed(known);
  },
  'results-huge': async (_options, known) => {
    const datasets = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`d${n}`, { url: `s3://b/${n}`, rows: 1, bytes: 1 }]));
    await repeat(100, () => say({ type: 'result', mode: 'run', commitKey: 'x', datasets }));
    await succeed(known);
  },
  bytes: async (_options, known) => {
    await repeat(20, () => write(process.stdout, Buffer.from(Array.from({ length: 65_536 }, (_, n) => (n * 7) % 256))));
    await repeat(20, () => write(process.stderr, Buffer.alloc(65_536)));
    await write(process.stdout, Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80, 0xf8, 0x0a]));
    await succeed(known);
  },
  terminal: async (_options, known) => {
    await write(process.stdout, '\u001b]0;owned\u0007\u001b[2J\u001b[31mred <script>alert(1)</script>\u001b[0m\rfake\u009b31m\u0008\n');
    await log('in JSON \u001b[31m \u009b2J');
    await succeed(known);
  },
  'error-message': () => fail({ message: 'm'.repeat(1_000_000) }),
  'error-details-huge': () => fail({ details: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 'v'.repeat(40)])) }),
  'error-details-deep': async () => {
    await write(process.stdout, `{"type":"error","code":"SOURCE_REFUSED","message":"no","retryable":false,"details":{"x":${deep(50_000)}}}\n`);
    leave(77);
  },
  'error-details-prototype': async () => {
    const details = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await write(process.stdout, `{"type":"error","code":"SOURCE_REFUSED","message":"no","retryable":false,"details":${details}}\n`);
    leave(77);
  },
  'error-code': ({ code }) => fail({ code, retryable: true }),
};
