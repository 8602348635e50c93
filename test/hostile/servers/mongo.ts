import type { Socket } from 'node:net';
import { type Document, deserialize, serialize } from 'bson';
import { Listener, messages } from './listener.ts';

/** Stages at which a hostile server stops being an ordinary one: a command, or any of them. */
export type MongoStage = 'hello' | 'buildInfo' | 'listCollections' | 'find' | 'getMore';
/** Its deeds there, in place of the ordinary answer. */
export type MongoLies = Partial<Record<MongoStage, (socket: Socket, request: number, command: Document) => void>>;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/** A message of the wire (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/). */
export function wire(request: number, body: Buffer, { opcode = OP_MSG, length = 16 + body.length } = {}): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(length | 0, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(request, 8);
  head.writeInt32LE(opcode, 12);
  return Buffer.concat([head, body]);
}

/** An answer by a document, or by bytes that stand for one. */
export function reply(request: number, document: Document | Buffer): Buffer {
  return wire(request, Buffer.concat([Buffer.alloc(5), Buffer.isBuffer(document) ? document : Buffer.from(serialize(document))]));
}

const hello = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  localTime: new Date(0),
  connectionId: 1,
  minWireVersion: 0,
  maxWireVersion: 25,
};

/** A batch of a cursor. */
export const batch = (which: 'firstBatch' | 'nextBatch', documents: readonly Document[], id = 0n): Document => ({
  ok: 1,
  cursor: { id, ns: 'd.c', [which]: documents },
});

/** An ordinary server with one collection `c` of one document, but for its lies. */
export function hostileMongo(lies: MongoLies): Promise<Listener> {
  return Listener.start((socket) => {
    messages(
      socket,
      (bytes) => (bytes.length < 4 ? undefined : bytes.readInt32LE(0)),
      (sent) => {
        const request = sent.readInt32LE(4);
        const old = sent.readInt32LE(12) === OP_QUERY;
        const at = old ? sent.indexOf(0, 20) + 9 : 21;
        const command = deserialize(sent.subarray(at, at + sent.readInt32LE(at)));
        const name = Object.keys(command)[0] ?? '';
        const stage = name === 'ismaster' || name === 'isMaster' ? 'hello' : name;
        const lie = (lies as Record<string, MongoLies['find']>)[stage];
        if (lie !== undefined) return lie(socket, request, command);
        const answer = USUAL[stage] ?? { ok: 1 };
        if (!old) return void socket.write(reply(request, answer));
        const head = Buffer.alloc(20);
        head.writeInt32LE(1, 16);
        socket.write(wire(request, Buffer.concat([head, serialize(answer)]), { opcode: OP_REPLY }));
      },
    );
  });
}

const USUAL: Readonly<Record<string, Document>> = {
  hello,
  buildInfo: { ok: 1, version: '8.0.0' },
  listCollections: { ok: 1, cursor: { id: 0n, ns: 'd.$cmd.listCollections', firstBatch: [{ name: 'c', type: 'collection' }] } },
  count: { ok: 1, n: 1 },
  collStats: { ok: 1, size: 20 },
  find: batch('firstBatch', [{ a: 'uno' }]),
  getMore: batch('nextBatch', []),
};
