import type { CsvWriter } from '@esclusa/kit';
import type { Kind } from './kinds.ts';

// Length-encoded strings: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html
const NULL = 0xfb;
const TWO_BYTES = 0xfc;
const THREE_BYTES = 0xfd;
const FOUR_BYTES_IN_INT = 2 ** 32;
const ONE = 0x31;

/** Writes the first values of one row packet of the text protocol (from `offset`) as a CSV record, without a string per value; says where the others begin. */
export function writeRow(writer: CsvWriter, kinds: readonly Kind[], packet: Buffer, offset: number): number {
  let at = offset;
  for (const kind of kinds) {
    let length = packet[at++] ?? NULL;
    if (length >= NULL) {
      if (length === NULL) {
        writer.null();
        continue;
      }
      if (length === TWO_BYTES) {
        length = packet.readUInt16LE(at);
        at += 2;
      } else if (length === THREE_BYTES) {
        length = packet.readUIntLE(at, 3);
        at += 3;
      } else {
        length = packet.readUInt32LE(at) + packet.readUInt32LE(at + 4) * FOUR_BYTES_IN_INT;
        at += 8;
      }
    }
    writeValue(writer, kind, packet, at, at + length);
    at += length;
  }
  writer.endRecord();
  return at;
}

/** Position of a packet's row in its buffer. */
export interface RowPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  /** Behind its last byte. */
  readonly end: number;
}

/** Returns true if a row packet has exactly `count` values, and nothing else. */
export function holdsValues({ buffer, offset, end }: RowPacket, count: number): boolean {
  let at = offset;
  for (let n = 0; n < count; n++) {
    if (at >= end) return false;
    const first = buffer[at++] ?? NULL;
    if (first === NULL) continue;
    const bytes = first < NULL ? 0 : first === TWO_BYTES ? 2 : first === THREE_BYTES ? 3 : 8;
    if (at + bytes > end) return false;
    const length = bytes === 0 ? first : bytes === 8 ? Number(buffer.readBigUInt64LE(at)) : buffer.readUIntLE(at, bytes);
    at += bytes + length;
    if (at > end) return false;
  }
  return at === end;
}

/** Which of the values that begin at `offset`, each NULL or a digit, are 1. */
export function flagsOf(packet: Buffer, offset: number, count: number): boolean[] {
  const flags: boolean[] = [];
  for (let at = offset; flags.length < count; at += packet[at] === NULL ? 1 : 2) flags.push(packet[at] === 1 && packet[at + 1] === ONE);
  return flags;
}

function writeValue(writer: CsvWriter, kind: Kind, packet: Buffer, start: number, end: number): void {
  switch (kind) {
    case 'plain':
      return writer.plain(packet, start, end);
    case 'text':
      return writer.bytes(packet, start, end);
    default:
      // No bytes are the empty string, and not NULL.
      return kind === 'binary' && start === end ? writer.text('') : writer.ascii(valueText(kind, packet, start, end));
  }
}

/** A value as the text of its field. */
export function valueText(kind: Kind, packet: Buffer, start: number, end: number): string {
  switch (kind) {
    case 'plain':
    case 'text':
      return packet.toString('utf8', start, end);
    case 'binary':
      return packet.toString('base64', start, end);
    case 'bits':
      return BigInt(`0x${packet.toString('hex', start, end) || '0'}`).toString();
    case 'float':
      return shortestFloat(packet.toString('latin1', start, end));
    default: {
      const never: never = kind;
      throw new Error(`unknown kind ${String(never)}`);
    }
  }
}

/** A FLOAT that came as the text of the equal DOUBLE, as the shortest text that reads back to it: 0.10000000149011612 → 0.1. */
export function shortestFloat(text: string): string {
  const value = Number(text);
  if (Object.is(value, -0)) return '-0';
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  // Nine digits tell every FLOAT from its neighbours.
  return String(Number(value.toPrecision(9)));
}
