import { TYPE } from '../raw/document.ts';

/** The 32-bit integer at an offset. */
export function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** The same without a sign. */
export function uint32(bytes: Uint8Array, at: number): number {
  return int32(bytes, at) >>> 0;
}

/** Bytes of a value of a type; below zero where they are none that this way knows. */
export function sizeOf(type: number, bytes: Uint8Array, at: number): number {
  switch (type) {
    case TYPE.string:
    case TYPE.javascript:
    case TYPE.symbol:
      return size(bytes, at, 4);
    case TYPE.int:
      return 4;
    case TYPE.double:
    case TYPE.date:
    case TYPE.long:
    case TYPE.timestamp:
      return 8;
    case TYPE.object:
    case TYPE.array:
    case TYPE.javascriptWithScope:
      return size(bytes, at, 0);
    case TYPE.objectId:
      return 12;
    case TYPE.bool:
      return 1;
    case TYPE.null:
    case TYPE.undefined:
    case TYPE.minKey:
    case TYPE.maxKey:
      return 0;
    case TYPE.decimal:
      return 16;
    case TYPE.binData:
      return size(bytes, at, 5);
    case TYPE.dbPointer:
      return size(bytes, at, 16);
    case TYPE.regex: {
      const pattern = bytes.indexOf(0, at);
      const options = pattern === -1 ? -1 : bytes.indexOf(0, pattern + 1);
      return options === -1 ? -1 : options + 1 - at;
    }
    default:
      return -1;
  }
}

/** A length that stands at an offset, and what is beside it. */
function size(bytes: Uint8Array, at: number, more: number): number {
  const length = int32(bytes, at);
  return length < 0 ? -1 : length + more;
}

/** Where the document ends that begins at an offset; below zero where it has no end. */
export function endOf(bytes: Uint8Array, offset: number): number {
  const length = int32(bytes, offset);
  const end = offset + length;
  return length < 5 || end > bytes.length || bytes[end - 1] !== 0 ? -1 : end;
}
