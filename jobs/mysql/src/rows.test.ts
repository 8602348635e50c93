import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CsvWriter, Losses } from '@esclusa/kit';
import fc from 'fast-check';
import { ask, connect, cut, socketOf } from './connection.ts';
import { Reader } from './connections.ts';
import { readRows } from './rows.ts';
import { rowPayload } from './testing/packets.ts';
import { EOF, INTERRUPTED, ProtocolServer, head } from './testing/server.ts';
import { sourceColumn } from './value-types.ts';
import { writeRow } from './values.ts';

type Values = [Buffer | null, Buffer | null];

const KINDS = ['text', 'plain'] as const;
const SQL = 'select rows';
const AFTER = 'select after';

let server: ProtocolServer;
let reader: Reader;
const warnings: unknown[] = [];

beforeEach(async () => {
  server = await ProtocolServer.start();
  server.answer(AFTER, [...head(['text']), rowPayload([Buffer.from('yes')]), EOF]);
  const MYSQL = { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: server.port, MYSQL_USER: 'u', MYSQL_PASSWORD: '', MYSQL_DATABASE: 'd' };
  reader = new Reader(await connect({ ...MYSQL, MYSQL_SSLMODE: 'disable' }, 'test'));
  warnings.length = 0;
  // Packets out of order.
  reader.connection.on('warn', (warning: unknown) => warnings.push(warning));
});

afterEach(async () => {
  cut(reader.connection);
  await server.stop();
});

function reading() {
  const query = { sql: SQL, floats: new Set<number>(), columns: [sourceColumn('a', 'text'), sourceColumn('b', 'bigint')], raw: false, checked: [] };
  return readRows(reader, query, { dataset: 'd', losses: new Losses('d', false) });
}

async function read(): Promise<{ csv: Buffer; rows: number }> {
  const rows = reading();
  const chunks: Buffer[] = [];
  for await (const chunk of rows) chunks.push(Buffer.from(chunk));
  return { csv: Buffer.concat(chunks), rows: rows.rows() };
}

function slowly(rows: readonly Values[]): Buffer {
  const writer = new CsvWriter();
  for (const values of rows) writeRow(writer, KINDS, rowPayload(values), 0);
  return writer.take();
}

/** What is sent is what is read, and the connection may be used again. */
async function expectRead(rows: readonly Values[], lengths: readonly number[]): Promise<void> {
  server.answer(SQL, [...head(KINDS), ...rows.map(rowPayload), EOF], lengths);
  const { csv, rows: told } = await read();
  expect(csv.equals(slowly(rows))).toBe(true);
  expect(told).toBe(rows.length);
  expect(await ask(reader.connection, AFTER)).toEqual([{ c0: 'yes' }]);
  expect(warnings).toEqual([]);
}

const row = (text: string, n: number): Values => [Buffer.from(text), Buffer.from(String(n))];

describe('the rows of a result', () => {
  test('are read wherever their bytes are cut', async () => {
    const value = fc.oneof({ weight: 9, arbitrary: fc.string({ maxLength: 30 }) }, { weight: 1, arbitrary: fc.constant('"x'.repeat(40_000)) });
    const values = fc.tuple(fc.option(value.map((text) => Buffer.from(text))), fc.option(fc.integer().map((n) => Buffer.from(String(n)))));
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 100, max: 65_536 })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(values, { maxLength: 40 }), lengths, (rows, cuts) =>
        expectRead(rows, cuts.every((length) => length < 10) && rows.some(([text]) => (text?.length ?? 0) > 100) ? [...cuts, 5000] : cuts),
      ),
      { numRuns: 60 },
    );
  });

  test('may be of any size, and of the largest', async () => {
    const sizes = [10, 65_535, 65_536, 1_000_000, 3, 0xffffff - 6, 0xffffff, 20_000_000, 5];
    await expectRead(
      sizes.map((size, n) => row('x'.repeat(size), n)),
      [65_536, 5, 1000],
    );
  });

  test('may be more than the numbers of packets', async () => {
    await expectRead(
      Array.from({ length: 100_000 }, (_, n) => row(`"${n}"`, n)),
      [65_536],
    );
  });

  test('end with the failure that comes behind them', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => row('a', n));
    server.answer(SQL, [...head(KINDS), ...rows.map(rowPayload), INTERRUPTED]);
    await expect(read()).rejects.toMatchObject({ code: 'QUERY_FAILED', message: expect.stringContaining('interrupted') });
    expect(await ask(reader.connection, AFTER)).toEqual([{ c0: 'yes' }]);
  });

  test('end with the connection', async () => {
    server.answer(SQL, [...head(KINDS), rowPayload(row('a', 1))]);
    const rows = read();
    await once(socketOf(reader.connection), 'data');
    await Promise.all([server.stop(), expect(rows).rejects.toMatchObject({ code: 'SOURCE_LOST' })]);
    server = await ProtocolServer.start();
  });

  test.each([
    ['small', 100],
    ['large', 1_000_000],
  ])('are not read while nobody asks for them: %s ones', async (_, size) => {
    const rows = Array.from({ length: Math.ceil(12e6 / size) }, (_, n) => row('x'.repeat(size), n));
    server.answer(SQL, [...head(KINDS), ...rows.map(rowPayload), EOF]);
    const iterator = reading()[Symbol.asyncIterator]();
    const chunks: Buffer[] = [];
    const take = async (): Promise<boolean> => {
      const { value, done } = await iterator.next();
      if (done !== true) chunks.push(Buffer.from(value));
      return done !== true;
    };
    await take();
    const socket = socketOf(reader.connection);
    if (!socket.isPaused()) await once(socket, 'pause');
    expect(socket.bytesRead).toBeLessThan(5e6);
    while (await take());
    expect(Buffer.concat(chunks).equals(slowly(rows))).toBe(true);
    expect(await ask(reader.connection, AFTER)).toEqual([{ c0: 'yes' }]);
  });
});
