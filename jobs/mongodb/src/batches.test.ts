import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BSON, MongoClient } from 'mongodb';
import { startReplay } from '../../../bench/mongo-replay.ts';
import { batchSize, batchesOf } from './batches.ts';

test.each([
  [{}, 500],
  [{ estimatedBytes: 1024 * 1024 * 100, estimatedRows: 100_000 }, 1_000],
  [{ estimatedBytes: 100_000_000, estimatedRows: 10 }, 1],
  [{ estimatedBytes: 1_000_000, estimatedRows: 100_000 }, 10_000],
])('of a collection of %j so many documents are asked for at once: %d', (size, expected) => {
  expect(batchSize(size)).toBe(expected);
});

describe('the documents of a cursor', () => {
  const documents = Array.from({ length: 1_000 }, (_, n) => Buffer.from(BSON.serialize({ n, texto: 'x'.repeat(100) })));
  const commands: string[] = [];
  let replay: Awaited<ReturnType<typeof startReplay>>;
  let client: MongoClient;

  beforeAll(async () => {
    replay = await startReplay({ host: '127.0.0.1', documents, database: 'lab', collection: 'c' });
    client = new MongoClient(`mongodb://127.0.0.1:${replay.port}/?directConnection=true`, { monitorCommands: true });
    client.on('commandSucceeded', ({ commandName }) => commands.push(commandName));
  });

  afterAll(async () => {
    await client.close();
    await replay.close();
  });

  const find = (signal?: AbortSignal) =>
    client
      .db('lab')
      .collection('c')
      .find({}, { raw: true, batchSize: 300, ...(signal === undefined ? {} : { signal }) });

  test('stay in the bytes of the replies that they came in', async () => {
    const sizes: number[] = [];
    const found: Buffer[] = [];
    for await (const { bytes, offsets } of batchesOf(find())) {
      sizes.push(offsets.length);
      for (const offset of offsets) found.push(bytes.subarray(offset, offset + bytes.readInt32LE(offset)));
    }
    expect(sizes).toEqual([300, 300, 300, 100]);
    expect(Buffer.concat(found).equals(Buffer.concat(documents))).toBe(true);
  });

  test('come one reply ahead, and no more', async () => {
    commands.length = 0;
    const batches = batchesOf(find());
    await batches.next();
    // Whatever else was asked for would be answered before this is.
    for (let n = 0; n < 10; n++) await client.db('lab').command({ ping: 1 });
    expect(commands.filter((name) => name !== 'ping')).toEqual(['find', 'getMore']);
    await batches.return(undefined);
    expect(commands.at(-1)).toBe('killCursors');
  });

  test('end with an error when they are cut off', async () => {
    const over = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of batchesOf(find(over.signal), over.signal)) over.abort(new Error('cut off'));
    };
    await expect(read()).rejects.toThrow('cut off');
  });
});
