import { CsvWriter, type DatasetReader } from '@esclusa/kit';
import type { Connection, FieldPacket } from 'mysql2';
import { socketOf } from './connection.ts';
import { sourceError } from './failure.ts';
import { type Kind, kindOf } from './kinds.ts';
import { writeRow } from './values.ts';

/** A packet as mysql2's parser hands it over; its bytes are written over once the call returns. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  isEOF(): boolean;
}

type State = (packet: Packet, connection: unknown) => unknown;

/** The part of mysql2's query command that we take over: what it does with a row's packet. */
interface QueryCommand {
  row: State;
  on(event: 'fields', listener: (fields: FieldPacket[] | undefined) => void): unknown;
}

const nobody = (): void => undefined;

/** A query to read: its SELECT, and which of its columns are FLOATs that it casts to DOUBLE. */
export interface RowsQuery {
  readonly sql: string;
  readonly floats?: ReadonlySet<number>;
}

/**
 * Reads a query by the text protocol: every row goes from the packet's bytes into CSV bytes, without an object per row or value.
 * While nobody asks for more, the socket is not read, which holds the server back. A chunk is valid until the next is asked for.
 */
export function readRows(connection: Connection, { sql, floats = new Set() }: RowsQuery, dataset: string, onEnd: () => void): DatasetReader {
  let rows = 0;
  return {
    rows: () => rows,
    async *[Symbol.asyncIterator]() {
      const writer = new CsvWriter();
      const full: Buffer[] = [];
      const socket = socketOf(connection);
      let ended = false;
      let failure: unknown;
      let wake = nobody;
      let kinds: readonly Kind[] = [];

      const command = connection.query(sql, (error) => {
        failure = error;
        ended = true;
        onEnd();
        wake();
      }) as unknown as QueryCommand;
      command.on('fields', (fields = []) => {
        kinds = fields.map((field, index) => (floats.has(index) ? 'float' : kindOf(field)));
      });
      const { row } = command;
      const take: State = (packet, from) => {
        if (packet.isEOF()) return row.call(command, packet, from);
        writeRow(writer, kinds, packet.buffer, packet.offset);
        rows++;
        if (writer.full) {
          full.push(writer.take());
          // What the parser holds already still comes: no more than one read of the socket.
          socket.pause();
          wake();
        }
        return take;
      };
      command.row = take;

      for (;;) {
        const chunk = full.shift();
        if (chunk !== undefined) {
          yield chunk;
          writer.give(chunk);
        } else if (ended) {
          // Paused where the last full chunk and the end came in one read: what is asked next would never be answered.
          socket.resume();
          break;
        } else {
          const woken = new Promise<void>((resolve) => (wake = resolve));
          socket.resume();
          await woken;
        }
      }
      if (failure) throw sourceError(failure, `reading the dataset "${dataset}"`, 'SOURCE_LOST');
      if (writer.length > 0) yield writer.take();
    },
  };
}
