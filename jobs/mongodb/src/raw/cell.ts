import type { Buffer } from 'node:buffer';
import type { CsvWriter } from '@esclusa/kit';
import { type Found, isList } from '../paths.ts';
import { dateText } from './dates.ts';
import { type Element, TYPE } from './document.ts';
import { json } from './json.ts';
import { type Note, binaryRange, boolAt, decimalText, decode, doubleText, isText, longText, objectIdText, textRange } from './scalars.ts';
import { isUuid } from './types.ts';

/** Writes the field of a value, or of there being none. */
export function writeCell(writer: CsvWriter, bytes: Buffer, found: Found | undefined, note: Note): void {
  if (found === undefined || found[0] === TYPE.null) writer.null();
  else if (isList(found)) writer.text(listJson(bytes, found, note));
  else if (found[0] === TYPE.string) {
    const { start, end } = textRange(bytes, found[3]);
    if (isText(bytes, start, end)) writer.bytes(bytes, start, end);
    else writer.text(decode(bytes, start, end, note));
  } else {
    const text = plainText(bytes, found);
    // Nothing is NULL; an empty binary is none.
    if (text !== undefined && text !== '') writer.ascii(text);
    else writer.text(text ?? json(bytes, found, note));
  }
}

/** Text of a value for people; null for NULL. */
export function cellText(bytes: Buffer, element: Element, note: Note): string | null {
  if (element[0] === TYPE.null) return null;
  if (element[0] !== TYPE.string) return plainText(bytes, element) ?? json(bytes, element, note);
  const { start, end } = textRange(bytes, element[3]);
  return decode(bytes, start, end, note);
}

/** Text of the values that are ASCII and need no quotes in a CSV; the others but for texts are JSON. */
function plainText(bytes: Buffer, [type, , , offset]: Element): string | undefined {
  switch (type) {
    case TYPE.int:
      return String(bytes.readInt32LE(offset));
    case TYPE.long:
      return longText(bytes, offset);
    case TYPE.double:
      return doubleText(bytes.readDoubleLE(offset));
    case TYPE.decimal:
      return decimalText(bytes, offset);
    case TYPE.bool:
      return String(boolAt(bytes, offset));
    case TYPE.date:
      return dateText(bytes, offset);
    case TYPE.objectId:
      return objectIdText(bytes, offset);
    case TYPE.binData: {
      const { start, end, subtype } = binaryRange(bytes, offset);
      if (!isUuid(subtype, end - start)) return bytes.toString('base64', start, end);
      return bytes.toString('hex', start, end).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    }
    default:
      return undefined;
  }
}

function listJson(bytes: Buffer, found: Found, note: Note): string {
  return isList(found) ? `[${found.items.map((item) => listJson(bytes, item, note)).join(',')}]` : json(bytes, found, note);
}
