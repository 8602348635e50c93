import { expect } from '@jest/globals';
import type { DatasetReader } from '@esclusa/kit';
import { Losses } from '../../../kit/src/losses.ts';
import type { Picker } from '../cells.ts';
import type { ReadingReport } from '../reader.ts';
import { readReply } from './read-reply.ts';

/** What was read. */
export interface ReadRaw {
  readonly csv: string;
  readonly losses: Losses;
  readonly reader: DatasetReader;
  readonly report: ReadingReport | undefined;
}

/** Reads documents as a cursor gives them, by both ways: throws where they differ in anything that comes of it. */
export async function readRaw(documents: readonly Uint8Array[], columns: readonly string[], picker: Picker, strict = false): Promise<ReadRaw> {
  const { pick, paths } = picker;
  const slow = await outcome(() => read(documents, columns, { pick, paths }, strict));
  const fast = await outcome(() => read(documents, columns, picker, strict));
  expect(told(fast, columns)).toEqual(told(slow, columns));
  if (fast instanceof Error) throw fast;
  return fast;
}

async function read(documents: readonly Uint8Array[], columns: readonly string[], picker: Picker, strict: boolean): Promise<ReadRaw> {
  const losses = new Losses('pacientes', strict);
  const { csv, reader, report } = await readReply(documents, columns, picker, losses);
  return { csv: csv.toString('utf8'), losses, reader, report };
}

async function outcome(run: () => Promise<ReadRaw>): Promise<ReadRaw | Error> {
  try {
    return await run();
  } catch (error) {
    return error as Error;
  }
}

function told(what: ReadRaw | Error, columns: readonly string[]): unknown {
  if (what instanceof Error) return { name: what.name, message: what.message };
  const { csv, losses, reader, report } = what;
  return { csv, lossy: columns.map((name) => losses.count(name)), why: losses.reasons, columns: reader.columns?.(), report };
}
