import type { Buffer } from 'node:buffer';
import { NO_UTF8 } from '@esclusa/kit';
import { BSON } from 'mongodb';
import { dateJson } from './dates.ts';
import { type Element, TYPE, elementsOf, openDocument } from './document.ts';
import { type Note, binaryRange, boolAt, decimalText, decode, longText, objectIdText, textRange } from './scalars.ts';

/** Why a value is not whole that has a name twice: JSON has room for one. */
export const DOUBLED = 'is of a document that has a field twice, of which only the last is in the file';

/**
 * Relaxed Extended JSON (https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md), but for one
 * thing: 64-bit integers have all their digits, where the driver's own writer rounds them to a double. Fields stand in the order
 * that the document has, whatever their names.
 */
export function json(bytes: Buffer, [type, , , offset, length]: Element, note: Note): string {
  switch (type) {
    case TYPE.string:
      return textJson(bytes, offset, note);
    case TYPE.int:
      return String(bytes.readInt32LE(offset));
    case TYPE.long:
      return longText(bytes, offset);
    case TYPE.double:
      return doubleJson(bytes.readDoubleLE(offset));
    case TYPE.null:
      return 'null';
    case TYPE.bool:
      return String(boolAt(bytes, offset));
    case TYPE.object:
      return documentJson(bytes, offset, note);
    case TYPE.array:
      return `[${elementsOf(bytes, offset)
        .map((item) => json(bytes, item, note))
        .join(',')}]`;
    case TYPE.date:
      return dateJson(bytes, offset);
    case TYPE.objectId:
      return idJson(bytes, offset);
    case TYPE.decimal:
      return `{"$numberDecimal":"${decimalText(bytes, offset)}"}`;
    case TYPE.binData: {
      const { start, end, subtype } = binaryRange(bytes, offset);
      return `{"$binary":{"base64":"${bytes.toString('base64', start, end)}","subType":"${subtype.toString(16).padStart(2, '0')}"}}`;
    }
    case TYPE.timestamp:
      return `{"$timestamp":{"t":${bytes.readUInt32LE(offset + 4)},"i":${bytes.readUInt32LE(offset)}}}`;
    case TYPE.regex: {
      const pattern = bytes.indexOf(0, offset);
      const options = bytes.indexOf(0, pattern + 1);
      const part = (start: number, end: number): string => JSON.stringify(decode(bytes, start, end, note));
      return `{"$regularExpression":{"pattern":${part(offset, pattern)},"options":${part(pattern + 1, options)}}}`;
    }
    case TYPE.javascript:
      return `{"$code":${textJson(bytes, offset, note)}}`;
    case TYPE.javascriptWithScope: {
      // Behind the whole length; the scope follows the code's end.
      const scope = textRange(bytes, offset + 4).end + 1;
      if (scope + bytes.readInt32LE(scope) !== offset + length) throw new BSON.BSONError('bad scope length in bson');
      return `{"$code":${textJson(bytes, offset + 4, note)},"$scope":${documentJson(bytes, scope, note)}}`;
    }
    case TYPE.symbol:
      return `{"$symbol":${textJson(bytes, offset, note)}}`;
    case TYPE.dbPointer: {
      const { end } = textRange(bytes, offset);
      return `{"$dbPointer":{"$ref":${textJson(bytes, offset, note)},"$id":${idJson(bytes, end + 1)}}}`;
    }
    case TYPE.undefined:
      return '{"$undefined":true}';
    case TYPE.minKey:
      return '{"$minKey":1}';
    case TYPE.maxKey:
      return '{"$maxKey":1}';
    default:
      // The library knows no others either.
      throw new BSON.BSONError(`unknown type ${type} in bson`);
  }
}

function documentJson(bytes: Buffer, offset: number, note: Note): string {
  const { elements, shape } = openDocument(bytes, offset);
  if (shape.broken.size > 0) note(NO_UTF8);
  const doubled = shape.doubled.size > 0;
  if (doubled) note(DOUBLED);
  let text = '';
  for (let index = 0; index < elements.length; index++) {
    if (doubled && shape.positions.get(shape.names[index] ?? '') !== index) continue;
    text += `${text === '' ? '' : ','}${shape.keys[index]}${json(bytes, elements[index] as Element, note)}`;
  }
  return `{${text}}`;
}

function doubleJson(value: number): string {
  // A number of JSON has no such values.
  if (!Number.isFinite(value)) return `{"$numberDouble":"${value}"}`;
  return Object.is(value, -0) ? '-0.0' : JSON.stringify(value);
}

function textJson(bytes: Buffer, offset: number, note: Note): string {
  const { start, end } = textRange(bytes, offset);
  return JSON.stringify(decode(bytes, start, end, note));
}

function idJson(bytes: Buffer, offset: number): string {
  return `{"$oid":"${objectIdText(bytes, offset)}"}`;
}
