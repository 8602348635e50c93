import { type DatasetState, JobError } from '@esclusa/contract';
import { type Increment, type Incremental, type PlannedIncrement, plannedIncrement, valueOfState } from '@esclusa/kit';
import { BSON, type Document } from 'mongodb';

/** Types of values that a cursor may have, in the words of $type. */
const CURSOR_TYPES = ['int', 'long', 'date', 'objectId', 'string'] as const;

/** An increment with the filter of its documents. */
export interface MongoIncrement extends PlannedIncrement {
  readonly filter: Document;
}

/** What an increment is planned by. */
export interface IncrementWanted {
  readonly dataset: string;
  readonly incremental: Incremental;
  readonly state: DatasetState | undefined;
  /** By the server's clock. */
  readonly now: Date;
  /** The document that comes first in this order, of those that the dataset's own filter and this one let through. */
  readonly first: (filter: Document, sort: Record<string, 1 | -1>) => Promise<Document | undefined>;
}

/** Finds out up to where a collection is to be read, in the snapshot that it is read from. */
export async function planIncrement({ dataset, incremental, state, now, first }: IncrementWanted): Promise<MongoIncrement> {
  const { cursor, lag } = incremental;
  const given = valueOfState(dataset, incremental, state);
  const from = given === undefined ? undefined : parseValue(dataset, given);
  const newest = await first({ [cursor]: { $type: [...CURSOR_TYPES] } }, { [cursor]: -1 });
  const value = newest === undefined ? undefined : valueAt(newest, cursor);
  const old = value === undefined || lag === undefined ? value : lagged(dataset, cursor, value, lag, now);
  // Never back, whatever was deleted or asked for since.
  const to = old === undefined || (from !== undefined && !isAfter(old, from)) ? from : old;
  // _id is each document's own; and of values that are old enough none can have come since.
  const increment: Increment<unknown> = { cursor, from, fromIncluded: lag === undefined && cursor !== '_id', to, lag };
  const { fromIncluded } = increment;
  const told = { ...increment, from: written(from), to: written(to) };
  return { ...plannedIncrement(told), filter: filterOfIncrement(cursor, from, fromIncluded, to) };
}

/** From the beginning whatever is not known to be newer: documents without the field, and those where it is of another type, among them. */
function filterOfIncrement(cursor: string, from: unknown, fromIncluded: boolean, to: unknown): Document {
  if (from === undefined) return to === undefined ? { [cursor]: { $not: { $type: [...CURSOR_TYPES] } } } : { $nor: [{ [cursor]: { $gt: to } }] };
  return { [cursor]: { [fromIncluded ? '$gte' : '$gt']: from, $lte: to } };
}

/** The value at a dotted path of a document. */
function valueAt(document: Document, path: string): unknown {
  const found = path.split('.').reduce<unknown>((value, name) => (value as Document | undefined)?.[name], document);
  // An int and a long of one value are one to the server.
  return typeof found === 'number' ? BigInt(found) : Array.isArray(found) ? undefined : found;
}

/** The newest value that is old enough. */
function lagged(dataset: string, cursor: string, newest: unknown, lag: number, now: Date): unknown {
  const then = now.getTime() - lag * 1_000;
  if (newest instanceof Date) return new Date(Math.min(newest.getTime(), then));
  if (newest instanceof BSON.ObjectId) {
    const bound = BSON.ObjectId.createFromTime(Math.floor(then / 1_000));
    return newest.getTimestamp().getTime() < bound.getTimestamp().getTime() ? newest : bound;
  }
  if (typeof newest === 'bigint') return newest - BigInt(lag);
  throw new JobError('QUERY_INVALID', `dataset "${dataset}": the cursor "${cursor}" is a text, of which no "lag" can be taken`, {
    details: { dataset, column: cursor },
  });
}

function isAfter(value: unknown, other: unknown): boolean {
  if (value instanceof BSON.ObjectId && other instanceof BSON.ObjectId) return value.toHexString() > other.toHexString();
  if (typeof value === 'string' && typeof other === 'string') return Buffer.compare(Buffer.from(value), Buffer.from(other)) > 0;
  return (value as bigint) > (other as bigint);
}

/** A value of a cursor as its state has it: canonical Extended JSON. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return { $numberLong: String(value) };
  return value === undefined ? undefined : (JSON.parse(BSON.EJSON.stringify({ value }, { relaxed: false })) as { value: unknown }).value;
}

function parseValue(dataset: string, value: unknown): unknown {
  try {
    const text = JSON.stringify({ parsed: value });
    const { parsed } = BSON.EJSON.parse(text, { relaxed: false, useBigInt64: true }) as { parsed: unknown };
    const number = parsed instanceof BSON.Int32 ? BigInt(parsed.valueOf()) : parsed;
    if (isCursorValue(number, value)) return number;
  } catch {
    // Said below.
  }
  throw new JobError(
    'STATE_INVALID',
    `dataset "${dataset}": its state has ${JSON.stringify(value).slice(0, 200)}, which is no value of a cursor in Extended JSON; set it anew, or run it once with {"fullRefresh": true}`,
    { details: { dataset } },
  );
}

/**
 * Returns true if a document may have the value, and it equals the written one. The library turns a number that is too large into another number,
 * and an invalid date into 1970.
 */
function isCursorValue(value: unknown, given: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof given === 'number') return typeof value === 'bigint' && Number.isSafeInteger(given) && BigInt(given) === value;
  const [written, ...more] = Object.values(given ?? {}) as unknown[];
  if (more.length > 0) return false;
  if (typeof value === 'bigint') return written === String(value);
  return value instanceof Date ? !Number.isNaN(value.getTime()) : value instanceof BSON.ObjectId;
}
