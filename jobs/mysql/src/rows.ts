import { JobError } from '@esclusa/contract';
import { CsvWriter, type DatasetReader, type Losses, type LossyRow, type SourceColumn } from '@esclusa/kit';
import type { Connection, FieldPacket } from 'mysql2';
import type { Reader } from './connections.ts';
import { ask, socketOf } from './connection.ts';
import { type Charset, type Conversion, whyLost } from './conversion.ts';
import { sourceError } from './failure.ts';
import { type Kind, kindOf } from './kinds.ts';
import { type RowPacket, flagsOf, holdsValues, valueText, writeRow } from './values.ts';
import { Wire } from './wire/wire.ts';

/** A packet as mysql2's parser hands it over; its bytes are written over once the call returns. */
interface Packet extends RowPacket {
  isEOF(): boolean;
  /** The next value; `offset` is behind it then. */
  readLengthCodedBuffer(): Buffer | null;
}

type State = (packet: Packet, connection: unknown) => unknown;

/** The part of mysql2's query command that we take over: what it does with a row's packet. */
interface QueryCommand {
  row: State;
  /** What is done with the next packet. */
  readonly next: State | null;
  on(event: 'fields', listener: (fields: FieldPacket[] | undefined) => void): unknown;
}

const nobody = (): void => undefined;
const MALFORMED = 'the server sent rows that do not have the values of the columns that were asked for';

/** A query to read: its SELECT, whose last columns tell what was lost in those to be checked; and which of its columns are FLOATs that it casts to DOUBLE. */
export interface RowsQuery extends Conversion {
  readonly sql: string;
  readonly floats: ReadonlySet<number>;
  readonly columns: readonly (SourceColumn & Charset)[];
  readonly key?: readonly string[];
}

/** Whom a reader tells, and of which dataset it is. */
export interface RowsContext {
  readonly dataset: string;
  readonly losses: Losses;
}

/** CSV that waits to be asked for, and who is to be told when its bytes are needed no more. */
interface Chunk {
  readonly bytes: Buffer;
  readonly free: () => void;
}

/**
 * Reads a query by the text protocol: every row goes from the packet's bytes into CSV bytes, without an object per row or value; but where something is
 * to be checked row by row, or for packets that it leaves alone, by the {@link Wire}. While nobody asks for more, the socket is not read, which holds
 * the server back. A chunk is valid until the next is asked for.
 */
export function readRows(reader: Reader, query: RowsQuery, { dataset, losses }: RowsContext): DatasetReader {
  const { connection } = reader;
  const { sql, floats, columns, raw, checked } = query;
  let rows = 0;
  let wire: Wire | undefined;
  return {
    rows: () => rows + (wire?.rows ?? 0),
    async *[Symbol.asyncIterator]() {
      const writer = new CsvWriter();
      const chunks: Chunk[] = [];
      const socket = socketOf(connection);
      let ended = false;
      let failure: unknown;
      let wake = nobody;
      let kinds: readonly Kind[] = [];
      let isAsPlanned = true;

      reader.busy = true;
      if (raw) await convertTo(connection, 'null');
      const command = connection.query(sql, (error) => {
        failure ??= error;
        ended = true;
        reader.busy = false;
        wake();
      }) as unknown as QueryCommand;
      command.on('fields', (fields = []) => {
        isAsPlanned = fields.length === columns.length + checked.length;
        kinds = fields.slice(0, columns.length).map((field, index) => (floats.has(index) ? 'float' : kindOf(field)));
      });
      const chunk = (bytes: Buffer, free: () => void): void => {
        chunks.push({ bytes, free });
        // One is out already. What the parser holds still comes: no more than one read of the socket.
        if (chunks.length > 1) socket.pause();
        wake();
      };
      const flush = (): void => {
        if (writer.length === 0) return;
        const bytes = writer.take();
        chunk(bytes, () => writer.give(bytes));
      };
      const { row } = command;
      // Rows behind one that was refused.
      const pass: State = (packet, from) => (packet.isEOF() ? row.call(command, packet, from) : pass);
      const refuse = (error: unknown): State => {
        failure = error;
        ended = true;
        wake();
        return pass;
      };
      const take: State = (packet, from) => {
        if (packet.isEOF()) return row.call(command, packet, from);
        if (!isAsPlanned || !holdsValues(packet, kinds.length + checked.length)) return refuse(new JobError('SOURCE_LOST', MALFORMED));
        const rest = writeRow(writer, kinds, packet.buffer, packet.offset);
        rows++;
        if (checked.length > 0) {
          try {
            tellLosses(query, losses, flagsOf(packet.buffer, rest, checked.length), () => ({ row: rows, ...keyOf(query, kinds, packet) }));
          } catch (error) {
            return refuse(error);
          }
        }
        if (writer.full) flush();
        return take;
      };
      command.row = take;
      if (checked.length === 0)
        wire = new Wire(connection, reader.encoder, { kinds: () => (command.next === take && isAsPlanned ? kinds : undefined), flush, chunk });

      try {
        for (;;) {
          const next = chunks.shift();
          if (next !== undefined) {
            yield next.bytes;
            next.free();
          } else if (ended) {
            // Paused where the last full chunk and the end came in one read: what is asked next would never be answered.
            socket.resume();
            break;
          } else if (wire?.waits === true) wire.work();
          else {
            const woken = new Promise<void>((resolve) => (wake = resolve));
            socket.resume();
            await woken;
          }
        }
        if (failure) throw sourceError(failure, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
      } finally {
        // Who asks for no more may have refused the last rows, and still use the connection.
        wire?.end();
        if (raw && ended && !failure) await convertTo(connection, 'utf8mb4');
      }
      if (writer.length > 0) yield writer.take();
    },
  };
}

/** What texts are converted to before they are sent. */
async function convertTo(connection: Connection, charset: 'null' | 'utf8mb4'): Promise<void> {
  try {
    await ask(connection, `set character_set_results = ${charset}`);
  } catch (error) {
    throw sourceError(error, 'preparing the connection', 'SOURCE_LOST');
  }
}

function tellLosses({ columns, checked }: RowsQuery, losses: Losses, lost: readonly boolean[], row: () => LossyRow): void {
  checked.forEach((index, at) => {
    const column = columns[index];
    if (lost[at] === true && column !== undefined) losses.lost(column.name, whyLost(column), row);
  });
}

/** The key of the row in a packet that was not read. */
function keyOf({ columns, key }: RowsQuery, kinds: readonly Kind[], packet: Packet): Pick<LossyRow, 'key'> {
  if (key === undefined) return {};
  const texts = kinds.map((kind, index): [string, string | null] => {
    const bytes = packet.readLengthCodedBuffer();
    return [columns[index]?.name ?? '', bytes === null ? null : valueText(kind, bytes, 0, bytes.length)];
  });
  return { key: Object.fromEntries(texts.filter(([name]) => key.includes(name))) };
}
