import type { BSON } from 'mongodb';
import type { Batches } from './batches.ts';

/** What a command is answered: its fields, and a batch of documents where it has one. */
export interface Answer {
  readonly fields: BSON.Document;
  readonly cursor?: { readonly id: number; readonly ns: string; readonly name: 'firstBatch' | 'nextBatch'; readonly array: Buffer };
}

/** What there is to read. */
interface Source {
  readonly batches: Batches;
  readonly database: string;
  readonly collection: string;
}

const FIRST_BATCH = 101;
const NO_SUCH_COMMAND = 59;
// Of MongoDB 8.0.
const WIRE_VERSION = 25;

/** The answer to a command. */
export function answer(command: BSON.Document, source: Source): Answer {
  const [name = ''] = Object.keys(command);
  return ANSWERS[name]?.(command, source) ?? { fields: { ok: 0, code: NO_SUCH_COMMAND, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` } };
}

const ok = (fields: BSON.Document = {}): Answer => ({ fields: { ...fields, ok: 1 } });

const hello = (): Answer =>
  ok({
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  });

const done = (): Answer => ok();

/** A cursor's number is the document that it goes on with, so that nothing about it is kept; a limit is not known any more then. */
function batch({ database, collection, batches }: Source, name: 'firstBatch' | 'nextBatch', first: number, most: number, limit = Infinity): Answer {
  const { array, next } = batches.from(first, Math.min(most, limit));
  const over = next === batches.count || next - first >= limit;
  return { fields: { ok: 1 }, cursor: { id: over ? 0 : next, ns: `${database}.${collection}`, name, array } };
}

const numberOr = (value: unknown, otherwise: number): number => (Number(value ?? 0) > 0 ? Number(value) : otherwise);

const ANSWERS: Readonly<Record<string, (command: BSON.Document, source: Source) => Answer>> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  buildInfo: () => ok({ version: '8.0.0', versionArray: [8, 0, 0, 0], maxBsonObjectSize: 16 * 1024 * 1024 }),
  ping: done,
  endSessions: done,
  killSessions: done,
  refreshSessions: done,
  killCursors: ({ cursors }) => ok({ cursorsKilled: cursors, cursorsNotFound: [], cursorsAlive: [], cursorsUnknown: [] }),
  listDatabases: (_, { database, batches }) => ok({ databases: [{ name: database, sizeOnDisk: batches.size, empty: false }], totalSize: batches.size }),
  listCollections: (_, { database, collection }) =>
    ok({ cursor: { id: 0n, ns: `${database}.$cmd.listCollections`, firstBatch: [{ name: collection, type: 'collection', options: {}, info: {} }] } }),
  collStats: (_, { database, collection, batches }) => ok({ ns: `${database}.${collection}`, size: batches.size, count: batches.count }),
  count: (_, { batches }) => ok({ n: batches.count }),
  aggregate: (_, { database, collection, batches }) => ok({ cursor: { id: 0n, ns: `${database}.${collection}`, firstBatch: [{ _id: 1, n: batches.count }] } }),
  find: (command, source) =>
    batch(source, 'firstBatch', 0, numberOr(command['batchSize'], FIRST_BATCH), command['limit'] ? Number(command['limit']) : Infinity),
  getMore: (command, source) => batch(source, 'nextBatch', Number(command['getMore']), numberOr(command['batchSize'], Infinity)),
};
