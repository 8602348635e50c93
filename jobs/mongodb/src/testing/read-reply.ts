import type { DatasetReader } from '@esclusa/kit';
import type { Losses } from '../../../kit/src/losses.ts';
import type { Picker } from '../cells.ts';
import { type ReadingReport, readDocuments } from '../reader.ts';

/** What was read of a reply, to its end. */
export interface ReadReply {
  readonly csv: Buffer;
  readonly reader: DatasetReader;
  readonly report: ReadingReport | undefined;
}

/** Reads documents as they stand in one reply of the server. */
export async function readReply(documents: readonly Uint8Array[], columns: readonly string[], picker: Picker, losses: Losses): Promise<ReadReply> {
  let report: ReadingReport | undefined;
  const reader = readDocuments({
    async *open() {
      let at = 0;
      const offsets = documents.map(({ length }) => (at += length) - length);
      yield { bytes: Buffer.concat(documents), offsets };
    },
    columns,
    picker,
    losses,
    failure: (error) => error as Error,
    onEnd: (told) => void (report = told),
  });
  const chunks: Buffer[] = [];
  for await (const chunk of reader) chunks.push(Buffer.from(chunk));
  return { csv: Buffer.concat(chunks), reader, report };
}
