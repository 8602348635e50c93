import type { AbstractCursor, BSON, Document } from 'mongodb';
import { bufferOf } from './raw/document.ts';
import type { Batch } from './rows.ts';

// More is only more memory, since the next reply is on its way while one is written.
const REPLY_BYTES = 1024 * 1024;
const MOST_DOCUMENTS = 10_000;
/** Where nothing is known of a collection: its documents may be large, and a server sends 16 MB at once. */
const SOME_DOCUMENTS = 500;

/** How many documents to ask for at once in a collection of about so many bytes and documents. */
export function batchSize({ estimatedBytes, estimatedRows }: { readonly estimatedBytes?: number; readonly estimatedRows?: number }): number {
  if (estimatedBytes === undefined || estimatedRows === undefined) return SOME_DOCUMENTS;
  return Math.max(1, Math.min(MOST_DOCUMENTS, Math.ceil((REPLY_BYTES * estimatedRows) / estimatedBytes)));
}

/** The reply that a cursor holds; the driver's types leave it out. */
interface Reply {
  readonly batch: { readonly bson: Uint8Array; readonly elements: readonly BSON.OnDemand['BSONElement'][] };
  /** Takes its documents for read. */
  clear(): void;
}

/**
 * The documents of a cursor of raw ones, reply by reply. The next reply is asked for when the one before is begun with, and no further one before that is done with,
 * which holds the server back.
 */
export async function* batchesOf(cursor: AbstractCursor<Document>, signal?: AbortSignal): AsyncGenerator<Batch> {
  try {
    let more = cursor.hasNext();
    while (await more) {
      const batches = take(cursor);
      more = cursor.hasNext();
      // It is told when its turn comes, if ever.
      more.catch(() => undefined);
      yield* batches;
    }
    // A cursor that is closed in the middle has no more either.
    signal?.throwIfAborted();
  } finally {
    await cursor.close().catch(() => undefined);
  }
}

/** The documents that have come in. Where the driver lets us, they stay in the reply's bytes, without an object for each. */
function take(cursor: AbstractCursor<Document>): Batch[] {
  const { documents: reply } = cursor as unknown as { readonly documents?: Partial<Reply> | null };
  const { bson, elements } = reply?.batch ?? {};
  if (!(bson instanceof Uint8Array && Array.isArray(elements) && typeof reply?.clear === 'function')) {
    return cursor.readBufferedDocuments().map((raw) => ({ bytes: bufferOf(raw as unknown as Uint8Array), offsets: [0] }));
  }
  reply.clear();
  return [{ bytes: bufferOf(bson), offsets: elements.map((element) => element[3]) }];
}
