import type { AbstractCursor, Document } from 'mongodb';
import type { DatasetReader } from '@esclusa/kit';
import { Losses } from '../../../kit/src/losses.ts';
import type { Pick } from '../cells.ts';
import { type ReadingReport, readDocuments } from '../reader.ts';

/** What was read. */
export interface ReadRaw {
  readonly csv: string;
  readonly losses: Losses;
  readonly reader: DatasetReader;
  readonly report: ReadingReport | undefined;
}

/** Reads documents as a cursor gives them. */
export async function readRaw(documents: readonly Uint8Array[], columns: readonly string[], pick: Pick, strict = false): Promise<ReadRaw> {
  const cursor = {
    async *[Symbol.asyncIterator]() {
      yield* documents;
    },
    close: async () => undefined,
  };
  const losses = new Losses('pacientes', strict);
  let report: ReadingReport | undefined;
  const reader = readDocuments({
    open: () => cursor as unknown as AbstractCursor<Document>,
    columns,
    pick,
    losses,
    failure: (error) => error as Error,
    onEnd: (told) => void (report = told),
  });
  const chunks: Buffer[] = [];
  for await (const chunk of reader) chunks.push(Buffer.from(chunk));
  return { csv: Buffer.concat(chunks).toString('utf8'), losses, reader, report };
}
