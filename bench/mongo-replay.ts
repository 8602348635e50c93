import { Worker } from 'node:worker_threads';
import type { ReplayRequest } from './mongo-replay/worker.ts';

/** What is replayed, and where. */
export interface Replay {
  readonly host: string;
  /** Any free one by default. */
  readonly port?: number;
  /** Documents as their BSON. */
  readonly documents: readonly Buffer[];
  readonly database: string;
  readonly collection: string;
}

/**
 * Starts a server that speaks as much of MongoDB's wire protocol as mongoexport and the driver need to read one collection, and gives its documents
 * from memory at the speed of the wire: what is measured against it is the client. Whole documents in their order, whatever filter, sort or projection
 * is asked for. It has a thread of its own, so that it keeps no client waiting that runs in the same process.
 */
export async function startReplay({ host, port = 0, documents, database, collection }: Replay): Promise<{ port: number; close(): Promise<void> }> {
  const lengths = Float64Array.from(documents, ({ length }) => length);
  const bytes = new SharedArrayBuffer(lengths.reduce((sum, length) => sum + length, 0));
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const document of documents) {
    all.set(document, at);
    at += document.length;
  }
  const request: ReplayRequest = { host, port, bytes, lengths, database, collection };
  const worker = new Worker(new URL('./mongo-replay/worker.ts', import.meta.url), { workerData: request });
  const listening = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { port: listening, close: async () => void (await worker.terminate()) };
}
