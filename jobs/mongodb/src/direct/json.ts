import { type Buffer, isUtf8 } from 'node:buffer';
import type { CsvWriter } from '@esclusa/kit';
import { TYPE } from '../raw/document.ts';
import { binaryRange } from '../raw/scalars.ts';
import { isPlainDouble, writeAscii, writeDouble, writeInteger } from './digits.ts';
import { endOf, int32, sizeOf } from './elements.ts';
import { Names } from './names.ts';
import { LAST_TEXT_DATE, NONE, timeAt, writeBool, writeDate, writeDecimal, writeLong, writeObjectId } from './scalars.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LAST_ASCII = 0x7f;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_DOCUMENT, CLOSE_DOCUMENT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** How much longer JSON is than BSON is hardly ever more; what grows more is left to ../raw. */
const GROWTH = 3;
const LEAST_ROOM = 64;
// The room for a large value is let go of afterwards, but it is there for a while.
const MOST_BYTES = 4 * 1024 * 1024;

const names = new Names<never>(() => ({}));
/** The bits of the texts that were written since a value was begun: whether all are ASCII. */
let seen = 0;
const ESCAPES = Array.from({ length: SPACE }, (_, code) => JSON.stringify(String.fromCharCode(code)).slice(1, -1));

/**
 * Writes a document or an array as JSON, as ../raw/json.ts does, and with the quotes of a CSV's field in the same pass. False, and nothing is written,
 * where it holds what this way leaves to that one: rare types, names that come twice, numbers that need care, what is no UTF-8.
 */
export function writeJson(writer: CsvWriter, bytes: Buffer, type: number, offset: number): boolean {
  const length = int32(bytes, offset);
  if (length > MOST_BYTES) return false;
  const from = writer.begin(GROWTH * length + LEAST_ROOM);
  const { out } = writer;
  seen = 0;
  out[from] = QUOTE;
  const end = type === TYPE.array ? array(out, from + 1, bytes, offset) : document(out, from + 1, bytes, offset);
  // There is room for a quote; what goes beyond the buffer is written nowhere.
  if (end >= out.length) return false;
  // What stands between its texts is ASCII, so that it is UTF-8 if all of them are.
  if (end === NONE || (seen > LAST_ASCII && !isUtf8(out.subarray(from, end)))) return false;
  if (needsQuotes(out, from + 1, end)) {
    out[end] = QUOTE;
    writer.end(end + 1);
  } else {
    out.copyWithin(from, from + 1, end);
    writer.end(end - 1);
  }
  return true;
}

/** A line break is escaped, and what else asks for quotes comes early. */
function needsQuotes(out: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (out[at] === QUOTE || out[at] === COMMA) return true;
  return false;
}

function document(out: Buffer, from: number, bytes: Buffer, offset: number): number {
  const end = endOf(bytes, offset);
  let at = from;
  out[at++] = OPEN_DOCUMENT;
  let step = names.first;
  let read = offset + 4;
  while (read < end) {
    const type = bytes[read++] as number;
    if (type === 0) {
      if (read !== end) return NONE;
      out[at] = CLOSE_DOCUMENT;
      return at + 1;
    }
    if (read > offset + 5) out[at++] = COMMA;
    step = names.next(step, bytes, read);
    if (step.odd) return NONE;
    const { key } = step;
    for (let index = 0; index < key.length; index++) out[at++] = key[index] as number;
    read += step.bytes.length;
    const size = sizeOf(type, bytes, read);
    if (size < 0 || read + size >= end) return NONE;
    at = value(out, at, bytes, type, read);
    if (at === NONE) return NONE;
    read += size;
  }
  return NONE;
}

function array(out: Buffer, from: number, bytes: Buffer, offset: number): number {
  const end = endOf(bytes, offset);
  let at = from;
  out[at++] = OPEN_ARRAY;
  let read = offset + 4;
  while (read < end) {
    const type = bytes[read++] as number;
    if (type === 0) {
      if (read !== end) return NONE;
      out[at] = CLOSE_ARRAY;
      return at + 1;
    }
    if (read > offset + 5) out[at++] = COMMA;
    // The items' names are their numbers, whatever stands there.
    while (bytes[read] !== 0 && read < end) read++;
    read++;
    const size = sizeOf(type, bytes, read);
    if (size < 0 || read + size >= end) return NONE;
    at = value(out, at, bytes, type, read);
    if (at === NONE) return NONE;
    read += size;
  }
  return NONE;
}

function value(out: Buffer, at: number, bytes: Buffer, type: number, offset: number): number {
  switch (type) {
    case TYPE.string:
      return text(out, at, bytes, offset);
    case TYPE.int:
      return writeInteger(out, at, int32(bytes, offset));
    case TYPE.double: {
      const number = bytes.readDoubleLE(offset);
      return isPlainDouble(number) ? writeDouble(out, at, number) : NONE;
    }
    case TYPE.long:
      return writeLong(out, at, bytes, offset);
    case TYPE.object:
      return document(out, at, bytes, offset);
    case TYPE.array:
      return array(out, at, bytes, offset);
    case TYPE.null:
      return writeAscii(out, at, 'null');
    case TYPE.bool:
      return writeBool(out, at, bytes[offset] as number);
    case TYPE.objectId:
      return writeAscii(out, writeObjectId(out, writeAscii(out, at, '{""$oid"":""'), bytes, offset), '""}');
    case TYPE.date:
      return date(out, at, bytes, offset);
    case TYPE.binData: {
      const { start, end, subtype } = binaryRange(bytes, offset);
      const data = writeAscii(out, writeAscii(out, at, '{""$binary"":{""base64"":""'), bytes.toString('base64', start, end));
      return writeAscii(out, data, `"",""subType"":""${subtype.toString(16).padStart(2, '0')}""}}`);
    }
    case TYPE.decimal: {
      const end = writeDecimal(out, writeAscii(out, at, '{""$numberDecimal"":""'), bytes, offset);
      return end === NONE ? NONE : writeAscii(out, end, '""}');
    }
    default:
      return NONE;
  }
}

function date(out: Buffer, at: number, bytes: Buffer, offset: number): number {
  const time = timeAt(bytes, offset);
  if (time >= 0 && time <= LAST_TEXT_DATE) return writeAscii(out, writeDate(out, writeAscii(out, at, '{""$date"":""'), time), '""}');
  const end = writeLong(out, writeAscii(out, at, '{""$date"":{""$numberLong"":""'), bytes, offset);
  return end === NONE ? NONE : writeAscii(out, end, '""}}');
}

function text(out: Buffer, from: number, bytes: Buffer, offset: number): number {
  const start = offset + 4;
  const end = start + int32(bytes, offset) - 1;
  if (end < start || bytes[end] !== 0) return NONE;
  let at = from;
  out[at++] = QUOTE;
  out[at++] = QUOTE;
  let bits = 0;
  for (let read = start; read < end; read++) {
    const byte = bytes[read] as number;
    bits |= byte;
    if (byte === QUOTE || byte === BACKSLASH) {
      out[at++] = BACKSLASH;
      out[at++] = byte;
      if (byte === QUOTE) out[at++] = QUOTE;
    } else if (byte < SPACE) at = writeAscii(out, at, ESCAPES[byte] as string);
    else out[at++] = byte;
  }
  out[at++] = QUOTE;
  out[at++] = QUOTE;
  seen |= bits;
  return at;
}
