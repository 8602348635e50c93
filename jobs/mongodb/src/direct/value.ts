import type { Buffer } from 'node:buffer';
import type { CsvWriter } from '@esclusa/kit';
import { TYPE } from '../raw/document.ts';
import { isPlainDouble, writeDouble, writeInteger } from './digits.ts';
import { int32 } from './elements.ts';
import { writeJson } from './json.ts';
import { NONE, SCALAR_BYTES, isPlainDate, timeAt, writeBool, writeDate, writeDecimal, writeLong, writeObjectId } from './scalars.ts';

/**
 * Writes the field of a value straight from its bytes, as ../raw/cell.ts does. False, and nothing is written, for what this way leaves to that one: rare types,
 * values that count as special, what is no UTF-8 or no BSON.
 */
export function writeValue(writer: CsvWriter, bytes: Buffer, type: number, offset: number): boolean {
  switch (type) {
    case TYPE.null:
      writer.null();
      return true;
    case TYPE.string: {
      const start = offset + 4;
      const end = start + int32(bytes, offset) - 1;
      return end >= start && bytes[end] === 0 && writer.utf8(bytes, start, end);
    }
    case TYPE.object:
    case TYPE.array:
      return writeJson(writer, bytes, type, offset);
    default: {
      const from = writer.begin(SCALAR_BYTES);
      const end = writeScalar(writer.out, from, bytes, type, offset);
      if (end === NONE) return false;
      writer.end(end);
      return true;
    }
  }
}

/** Writes a value of ASCII; gives where it ends, or {@link NONE}. */
function writeScalar(out: Buffer, at: number, bytes: Buffer, type: number, offset: number): number {
  switch (type) {
    case TYPE.int:
      return writeInteger(out, at, int32(bytes, offset));
    case TYPE.double: {
      const number = bytes.readDoubleLE(offset);
      return isPlainDouble(number) ? writeDouble(out, at, number) : NONE;
    }
    case TYPE.bool:
      return writeBool(out, at, bytes[offset] as number);
    case TYPE.date: {
      const time = timeAt(bytes, offset);
      return isPlainDate(time) ? writeDate(out, at, time) : NONE;
    }
    case TYPE.objectId:
      return writeObjectId(out, at, bytes, offset);
    case TYPE.long:
      return writeLong(out, at, bytes, offset);
    case TYPE.decimal:
      return writeDecimal(out, at, bytes, offset);
    default:
      return NONE;
  }
}
