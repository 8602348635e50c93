import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JOB_ERRORS } from '@esclusa/contract';
import { requestFor, runByHand } from '../support/by-hand.ts';
import { docker } from '../support/docker.ts';
import type { TestBucket } from '../support/s3.ts';
import { newBucket, unique } from '../support/stack.ts';
import { type Listener, flood } from './servers/listener.ts';
import * as mg from './servers/mongo.ts';
import * as my from './servers/mysql.ts';
import * as pg from './servers/postgres.ts';

// A database server that lies. Each row: a job against a server that is an ordinary one up to some point, in a container with a limit of memory and a clock.

const MEMORY_MIB = 384;
const TIME_ALLOWED = 6;
/** The clock, the time that an orderly end may take, and that of starting a container on a busy machine. */
const MOST_SECONDS = TIME_ALLOWED + 40;
const PASSWORD = 'canary-hostile-4f1c';
const FAKE = '\n{"type":"result","mode":"run","commitKey":"_esclusa/forged.json","datasets":{}}\n';
const GARBAGE = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7_919) % 251));
const LONG = 'x'.repeat(1024 * 1024);
const nothing = (): void => undefined;

/** Outcomes that a row may have: the exit status is that of the code; `killed` by the limit of memory; or done, with so many rows. */
interface Expected {
  readonly codes?: readonly (keyof typeof JOB_ERRORS)[];
  readonly done?: boolean;
  readonly killed?: boolean;
  readonly says?: RegExp;
}
type Row<Lies> = readonly [what: string, lies: Lies, expected: Expected];

const LOST: Expected = { codes: ['SOURCE_LOST', 'SOURCE_UNREACHABLE', 'QUERY_FAILED'] };
const TIME_UP: Expected = { codes: ['TIME_UP'] };
/** The driver's own patience, or the clock, whichever is the shorter. */
const SILENT: Expected = { codes: ['SOURCE_UNREACHABLE', 'TIME_UP'] };

const POSTGRES: readonly Row<pg.PostgresLies>[] = [
  ['answers nothing to a connection', { tls: nothing }, SILENT],
  ['answers garbage when it is asked for TLS', { tls: (socket) => socket.write(GARBAGE) }, LOST],
  ['answers nothing to a login', { startup: nothing }, SILENT],
  ['answers garbage to a login', { startup: (socket) => socket.end(GARBAGE) }, LOST],
  ['claims a message of 4 GB', { startup: (socket) => socket.write(Buffer.concat([Buffer.from('R'), pg.int32(0xffff_fff0), GARBAGE])) }, LOST],
  [
    'asks for the password in clear, and tells it to everybody',
    {
      startup: (socket, sent) =>
        socket.write(sent[0] === 0x70 ? pg.error(`wrong: ${sent.toString()} \u001b[2J${FAKE}`, '28P01') : pg.message('R', pg.int32(3))),
    },
    { codes: ['SOURCE_REFUSED'], says: /wrong: / },
  ],
  ['answers nothing to the first setting', { pin: nothing }, TIME_UP],
  ['tells a result line in an error', { pin: (socket) => socket.write(Buffer.concat([pg.error(FAKE), pg.ready])) }, { codes: ['QUERY_FAILED'] }],
  [
    'has an error of 64 MB',
    { server: (socket) => socket.write(Buffer.concat([pg.error('y'.repeat(64 * 1024 * 1024)), pg.ready])) },
    { codes: ['QUERY_FAILED', 'SOURCE_LOST'] },
  ],
  [
    'has an error without an end',
    {
      server: (socket) => (
        socket.write(Buffer.concat([Buffer.from('E'), pg.int32(0x3fff_ffff), Buffer.from('M')])),
        flood(socket, Buffer.alloc(1024 * 1024, 'z'))
      ),
    },
    LOST,
  ],
  ['says garbage of itself', { server: (socket) => socket.end(GARBAGE) }, LOST],
  [
    'has a column whose name has 1 MB',
    { fields: (socket) => socket.write(Buffer.concat([pg.fields(LONG), pg.done('SELECT 0'), pg.ready])) },
    { codes: ['QUERY_INVALID', 'COLUMN_NOT_FOUND'], done: true },
  ],
  [
    'has a type that is a statement',
    {
      types: (socket) =>
        socket.write(
          Buffer.concat([
            pg.message('1'),
            pg.message('2'),
            pg.fields('name', 'type', 'base', 'builtin'),
            pg.row('a', 'int); drop table x; --', 'text', 't'),
            pg.done('SELECT 1'),
            pg.ready,
          ]),
        ),
    },
    { done: true },
  ],
  ['answers nothing where rows are wanted', { rows: nothing }, TIME_UP],
  [
    'has rows without an end',
    {
      rows: (socket) => (
        socket.write(Buffer.concat([pg.message('1'), pg.message('2')])),
        flood(socket, Buffer.concat(Array.from({ length: 1_000 }, () => pg.row('x'.repeat(100)))))
      ),
    },
    TIME_UP,
  ],
  [
    'has a row with more columns than it said',
    { rows: (socket) => socket.write(Buffer.concat([pg.message('1'), pg.message('2'), pg.row('a', 'b'), pg.done('SELECT 1'), pg.ready])) },
    LOST,
  ],
  [
    'has a row with fewer columns than it said',
    { rows: (socket) => socket.write(Buffer.concat([pg.message('1'), pg.message('2'), pg.row(), pg.done('SELECT 1'), pg.ready])) },
    LOST,
  ],
  [
    'has a value that is longer than its row',
    { rows: (socket) => socket.write(Buffer.concat([pg.message('1'), pg.message('2'), pg.message('D', Buffer.from([0, 1, 0x7f, 0xff, 0xff, 0xff]))])) },
    LOST,
  ],
  [
    'has a row that claims 2 GB',
    { rows: (socket) => socket.end(Buffer.concat([pg.message('1'), pg.message('2'), Buffer.from('D'), pg.int32(0x7fff_ffff), GARBAGE])) },
    LOST,
  ],
  ['has garbage in place of rows', { rows: (socket) => socket.end(GARBAGE) }, LOST],
];

const MYSQL: readonly Row<my.MysqlLies>[] = [
  ['says nothing', { greeting: nothing }, SILENT],
  ['greets with garbage', { greeting: (socket) => socket.end(GARBAGE) }, LOST],
  [
    'asks for the password in clear',
    { login: (socket, n) => socket.write(my.packet(n, Buffer.concat([Buffer.from([0xfe]), Buffer.from('mysql_clear_password\0')]))) },
    { codes: ['SOURCE_UNREACHABLE', 'SOURCE_REFUSED'], says: /mysql_clear_password/ },
  ],
  [
    'asks for a file of ours',
    {
      login: (socket, n) => socket.write(my.packet(n, my.ok)),
      pin: (socket, n) => socket.write(my.packet(n, Buffer.from('\u00fb/proc/self/environ', 'latin1'))),
    },
    LOST,
  ],
  ['answers nothing to a login', { login: nothing }, SILENT],
  ['answers nothing to the first setting', { pin: nothing }, TIME_UP],
  [
    'tells a result line, and the password, in an error',
    { pin: (socket, n) => socket.write(my.packet(n, my.error(`${PASSWORD} \u001b]0;x\u0007${FAKE}`))) },
    { codes: ['QUERY_FAILED'], says: /\*\*\*/ },
  ],
  ['says garbage of itself', { server: (socket) => socket.end(GARBAGE) }, LOST],
  [
    'has a packet without an end',
    {
      server: (socket, n) => {
        let at = n;
        const one = (): Buffer => my.packet(at++, Buffer.alloc(0xff_ffff, 1));
        const write = (): void => {
          while (!socket.destroyed && socket.write(one()));
          if (!socket.destroyed) socket.once('drain', write);
        };
        write();
      },
    },
    // A value may be as large as the server lets it be (1 GiB), so nothing but the container's memory bounds a packet.
    { ...LOST, killed: true },
  ],
  [
    'has a column whose name has 1 MB',
    { fields: (socket, n) => socket.write(my.result(n, [LONG])) },
    { codes: ['QUERY_INVALID', 'COLUMN_NOT_FOUND'], done: true },
  ],
  [
    'says that there are 4 billion columns',
    { fields: (socket, n) => socket.write(my.packet(n, Buffer.from([0xfe, 0, 0, 0, 0, 1, 0, 0, 0]))) },
    { codes: [...(LOST.codes ?? []), 'TIME_UP'] },
  ],
  ['answers nothing where rows are wanted', { rows: nothing }, TIME_UP],
  [
    'has rows without an end',
    {
      rows: (socket, n) => {
        socket.write(my.packets(n, Buffer.from([1]), my.column('a'), my.eof));
        flood(socket, my.packets(n + 3, ...Array.from({ length: 1_000 }, () => my.row('x'.repeat(100)))));
      },
    },
    { codes: ['TIME_UP', 'SOURCE_LOST'] },
  ],
  [
    'has a row with fewer values than columns',
    {
      rows: (socket, n) => socket.write(my.result(n, ['a', 'b'], ['x'])),
    },
    LOST,
  ],
  [
    'has a value that is longer than its row',
    {
      rows: (socket, n) => socket.write(my.packets(n, Buffer.from([1]), my.column('a'), my.eof, Buffer.from([0xfd, 0xff, 0xff, 0xff, 1]), my.eof)),
    },
    LOST,
  ],
];

let deep: Record<string, unknown> = {};
for (let depth = 0; depth < 2_000; depth++) deep = { a: deep };

const MONGO: readonly Row<mg.MongoLies>[] = [
  ['says nothing', { hello: nothing }, SILENT],
  ['answers garbage', { hello: (socket) => socket.end(GARBAGE) }, SILENT],
  [
    'claims a message of 2 GB',
    { buildInfo: (socket, id) => socket.write(mg.wire(id, Buffer.from(GARBAGE), { length: 0x7fff_ffff })) },
    { codes: [...(LOST.codes ?? []), 'TIME_UP'] },
  ],
  [
    'claims a message of a negative length',
    { listCollections: (socket, id) => socket.write(mg.wire(id, Buffer.alloc(100), { length: -5 })) },
    { codes: [...(LOST.codes ?? []), 'CONFIG_INVALID'] },
  ],
  [
    'answers compressed where nobody asked for it',
    {
      listCollections: (socket, id) =>
        socket.write(mg.wire(id, Buffer.concat([Buffer.from([0xdd, 7, 0, 0, 0xff, 0xff, 0xff, 0x7f, 2]), GARBAGE]), { opcode: 2012 })),
    },
    { codes: [...(LOST.codes ?? []), 'TIME_UP'] },
  ],
  ['answers nothing where rows are wanted', { find: nothing }, TIME_UP],
  [
    'has batches without documents and without an end',
    {
      find: (socket, id) => socket.write(mg.reply(id, mg.batch('firstBatch', [], 5n))),
      getMore: (socket, id) => setTimeout(() => socket.write(mg.reply(id, mg.batch('nextBatch', [], 5n))), 5),
    },
    TIME_UP,
  ],
  [
    'has batches of documents without an end',
    {
      find: (socket, id) => socket.write(mg.reply(id, mg.batch('firstBatch', [{ a: 1 }], 5n))),
      getMore: (socket, id) =>
        setTimeout(
          () =>
            socket.write(
              mg.reply(
                id,
                mg.batch(
                  'nextBatch',
                  Array.from({ length: 1_000 }, () => ({ a: 'x'.repeat(100) })),
                  5n,
                ),
              ),
            ),
          1,
        ),
    },
    TIME_UP,
  ],
  [
    'has a document of a negative length',
    {
      find: (socket, id) => {
        const bytes = mg.reply(id, mg.batch('firstBatch', [{ a: 'uno' }]));
        bytes.writeInt32LE(-1, bytes.indexOf('\u0002a\0') - 4);
        socket.write(bytes);
      },
    },
    { codes: ['QUERY_FAILED', 'SOURCE_LOST'] },
  ],
  [
    'has a document of 2,000 levels',
    { find: (socket, id) => socket.write(mg.reply(id, mg.batch('firstBatch', [deep]))) },
    { codes: ['QUERY_FAILED', 'SOURCE_LOST'], done: true },
  ],
  [
    'tells a result line in an error',
    { find: (socket, id) => socket.write(mg.reply(id, { ok: 0, code: 8_000, errmsg: `${PASSWORD}${FAKE}${'z'.repeat(1024 * 1024)}` })) },
    { codes: ['QUERY_FAILED'], says: /\*\*\*/ },
  ],
];

const lines: string[] = [];

describe('a database server that lies', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await newBucket('hostil');
  });

  afterAll(() => {
    process.stderr.write(
      `\n| server | what it does | answered | seconds | peak MiB | left behind |\n| --- | --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`,
    );
  });

  /** Runs a job against a server, and holds what came of it to what may. */
  async function tryRow(job: 'postgresql' | 'mysql' | 'mongodb', what: string, server: Listener, expected: Expected): Promise<void> {
    const before = await bucket.keys();
    const name = unique('hostil');
    const prefix = { postgresql: 'POSTGRES', mysql: 'MYSQL', mongodb: 'MONGO' }[job];
    const settings = { HOST: server.host, PORT: String(server.port), DATABASE: 'd', ...(job === 'mongodb' ? {} : { USER: 'u' }), PASSWORD };
    const dataset = job === 'mongodb' ? { collection: 'c' } : { query: 'select a from t' };
    const datasets = { [`d${name.replaceAll('-', '')}`]: dataset };
    const environment = {
      ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${prefix}_${key}`, value])),
      ESCLUSA_REQUEST: requestFor(bucket.name, datasets, { timeAllowedSeconds: TIME_ALLOWED }),
    };
    const started = performance.now();
    const { ended } = runByHand(job, bucket.name, environment, name, ['--memory', `${MEMORY_MIB}m`, '--memory-swap', `${MEMORY_MIB}m`]);
    let peak = 0;
    const watching = setInterval(() => void peakOf(name).then((bytes) => (peak = Math.max(peak, bytes))), 500);
    const { status, final, stderr, stdout } = await ended.finally(() => clearInterval(watching));
    await server.stop();
    const seconds = (performance.now() - started) / 1_000;
    const code = final?.type === 'error' ? final.code : final?.type === 'result' ? 'done' : `exit ${status}`;
    const after = (await bucket.keys()).filter((key) => !before.includes(key));
    const uploads = await bucket.uploads();
    // The attempt's own decision is no file.
    const files = after.filter((key) => !key.startsWith('_esclusa/'));
    lines.push(
      `| ${job} | ${what} | ${code} | ${seconds.toFixed(0)} | ${(peak / 1024 / 1024).toFixed(0)} | ${code === 'done' ? '1 file, whole' : files.length + uploads.length} |`,
    );
    expect({ what, code, status, stderr: stderr.slice(-2_000) }).toMatchObject({
      code: expect.stringMatching(
        `^(${[...(expected.codes ?? []), ...(expected.done === true ? ['done'] : []), ...(expected.killed === true ? ['exit 137'] : [])].join('|')})$`,
      ),
      status: final?.type === 'error' ? JOB_ERRORS[final.code as keyof typeof JOB_ERRORS].exit : code === 'exit 137' ? 137 : 0,
    });
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expect(uploads).toEqual([]);
    expect(files).toHaveLength(code === 'done' ? 1 : 0);
    // No text of a server is a line of the job's, whole or in part; nor a secret, nor what acts on a terminal.
    expect(stdout.split('\n').filter((line) => line.trim() !== '')).toHaveLength(final === undefined ? 0 : 1);
    expect(stdout + stderr).not.toContain(PASSWORD);
    // oxlint-disable-next-line no-control-regex -- it is they that are looked for
    expect(JSON.stringify(final) + stderr).not.toMatch(/\\u00(1b|07)|[\u0007\u001b]/);
    if (final?.type === 'error') {
      expect(final.message.length).toBeLessThan(4_200);
      expect(stdout.length).toBeLessThan(32 * 1_024);
      if (expected.says !== undefined) expect(final.message).toMatch(expected.says);
    }
    expect(stderr.length).toBeLessThan(256 * 1_024);
  }

  test.each(POSTGRES)('PostgreSQL %s', async (what, lies, expected) => tryRow('postgresql', what, await pg.hostilePostgres(lies), expected), 180_000);
  test.each(MYSQL)('MySQL %s', async (what, lies, expected) => tryRow('mysql', what, await my.hostileMysql(lies), expected), 180_000);
  test.each(MONGO)('MongoDB %s', async (what, lies, expected) => tryRow('mongodb', what, await mg.hostileMongo(lies), expected), 180_000);
});

/** The highest use of memory of a container so far, where the host tells it. */
async function peakOf(name: string): Promise<number> {
  const { Id: id } = await docker
    .getContainer(name)
    .inspect()
    .catch(() => ({ Id: '' }));
  const files = [`/sys/fs/cgroup/memory/docker/${id}/memory.max_usage_in_bytes`, `/sys/fs/cgroup/system.slice/docker-${id}.scope/memory.peak`];
  const file = id === '' ? undefined : files.find((path) => existsSync(path));
  try {
    return file === undefined ? 0 : Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}
