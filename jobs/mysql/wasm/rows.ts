// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`; ../src/wire/encoder.ts drives it.
// Row packets of MySQL's text protocol become CSV: the rules are those of jobs/kit/src/csv/rules.ts, the kinds those of ../src/kinds.ts, and
// ../src/values.ts, which does the same value by value in JavaScript, is what this is held to.
import { COMMA, LINE_END, causes, plain, quoted, text } from '../../kit/wasm/fields';

// Length-encoded strings: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html
const NULL: u32 = 0xfb;
const TWO_BYTES: u32 = 0xfc;
const THREE_BYTES: u32 = 0xfd;
const HEADER_BYTES: usize = 4;
// First bytes of packets that are no rows, the second if there are fewer bytes than the length of a value that long has.
const ERROR: u32 = 0xff;
const EOF: u32 = 0xfe;
const EOF_BYTES: usize = 9;

/** The numbers of the kinds. */
export const PLAIN: u32 = 0;
export const TEXT: u32 = 1;
export const BINARY: u32 = 2;
export const BITS: u32 = 3;
export const FLOAT: u32 = 4;

/** Why `encode` came back: every packet is encoded but the one that is cut; the output is full; the next packet is not for us. */
export const STARVED: u32 = 0;
export const FULL: u32 = 1;
export const OTHER: u32 = 2;

// The memory: the letters of base64, what was read, the outputs, a kind for each column.
const BASE64: usize = memory.data<u8>([
  0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56,
  0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72,
  0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2b, 0x2f,
]);
const PADDING: u32 = 0x3d;
/** Larger packets are not for us. What no row needs of this room is never touched, and so takes no memory. */
export const PACKET_BYTES: usize = 4 * 1024 * 1024;
export const INPUT: usize = 2048;
export const INPUT_BYTES: usize = PACKET_BYTES + 128 * 1024;
/** As much as makes a chunk. */
const CHUNK_BYTES: usize = 64 * 1024;
/** Up to which vectors read and write behind what they are for. */
const BEHIND: usize = 64;
/** A row takes three times its packet at most: of an empty text the packet has one byte, the CSV `"",`. */
const GROWTH: usize = 3;
export const OUTPUT: usize = INPUT + INPUT_BYTES + BEHIND;
export const OUTPUT_BYTES: usize = CHUNK_BYTES + GROWTH * PACKET_BYTES + BEHIND;
/** One is written while the one before is out. */
export const OUTPUTS: usize = 2;
export const KINDS: usize = OUTPUT + OUTPUTS * OUTPUT_BYTES;
/** No FLOAT is longer as text. */
const FLOAT_BYTES: usize = 32;

/** Where `encode` stopped reading and writing. */
export let read: usize = 0;
export let written: usize = 0;
/** Rows that it wrote in all. */
export let rows: f64 = 0;

/** Writes the shortest text of a FLOAT that came as the text of the equal DOUBLE; gives its length. */
// @ts-ignore: decorator
@external('env', 'writeFloat')
declare function writeFloat(start: usize, end: usize, to: usize): u32;

/** Encodes the packets from `from` to `end`, as rows of so many columns, to `to` and on in the output that begins at `output`. */
export function encode(columns: usize, from: usize, end: usize, output: usize, to: usize): u32 {
  const full = output + CHUNK_BYTES;
  const lookUp = causes();
  let count: f64 = 0;
  let why = STARVED;
  for (; from + HEADER_BYTES <= end; count++) {
    const length = <usize>(load<u32>(from) & 0xffffff);
    const first = load<u8>(from + HEADER_BYTES);
    const stop = from + HEADER_BYTES + length;
    if (length === 0 || stop - from > PACKET_BYTES) {
      why = OTHER;
      break;
    }
    if (stop > end) break;
    if (to >= full) {
      why = FULL;
      break;
    }
    const isRow = first !== ERROR && (first !== EOF || length >= EOF_BYTES);
    const behind: usize = isRow ? encodeRow(columns, from + HEADER_BYTES, stop, to, output + OUTPUT_BYTES - BEHIND, lookUp) : 0;
    if (behind === 0) {
      why = OTHER;
      break;
    }
    to = behind;
    from = stop;
  }
  rows += count;
  read = from;
  written = to;
  return why;
}

/** One row; where its record ends, or 0 for a packet that is not as we know them. There is room for it up to `room`. */
// @ts-ignore: decorator
@inline
function encodeRow(columns: usize, from: usize, stop: usize, output: usize, room: usize, lookUp: v128): usize {
  let at = from;
  let to = output;
  for (let column: usize = 0; column < columns; column++) {
    if (at >= stop) return 0;
    let length = <usize>load<u8>(at++);
    if (length >= NULL) {
      if (length === NULL) {
        store<u8>(to++, COMMA);
        continue;
      }
      if (length === TWO_BYTES) {
        length = <usize>load<u16>(at);
        at += 2;
      } else if (length === THREE_BYTES) {
        length = <usize>(load<u32>(at) & 0xffffff);
        at += 3;
      } else return 0;
    }
    const end = at + length;
    if (end > stop) return 0;
    const kind: u32 = load<u8>(KINDS + column);
    if (kind === PLAIN) to = plain(at, end, to);
    else if (kind === TEXT) to = text(at, end, to, lookUp);
    else if (kind === BINARY) to = binary(at, end, to);
    else if (kind === BITS) {
      if (length > 8) return 0;
      to = bits(at, end, to);
    } else {
      // It may be longer than three times what came: the rest must have its room.
      if (to + FLOAT_BYTES + GROWTH * (stop - at) > room) return 0;
      to += writeFloat(at, end, to);
    }
    at = end;
    store<u8>(to++, COMMA);
  }
  // More values than there are columns.
  if (at !== stop) return 0;
  store<u8>(to - 1, LINE_END);
  return to;
}

// @ts-ignore: decorator
@inline
function letter(six: u32): u32 {
  return load<u8>(BASE64 + <usize>(six & 63));
}

function binary(start: usize, end: usize, to: usize): usize {
  // No bytes are the empty string, and not NULL.
  if (start === end) return quoted(start, end, to);
  let at = start;
  let out = to;
  for (; at + 3 <= end; at += 3, out += 4) {
    const three = (<u32>load<u8>(at) << 16) | (<u32>load<u8>(at + 1) << 8) | <u32>load<u8>(at + 2);
    store<u32>(out, letter(three >> 18) | (letter(three >> 12) << 8) | (letter(three >> 6) << 16) | (letter(three) << 24));
  }
  if (at < end) {
    const two = at + 2 === end;
    const three = (<u32>load<u8>(at) << 16) | (two ? <u32>load<u8>(at + 1) << 8 : 0);
    store<u32>(out, letter(three >> 18) | (letter(three >> 12) << 8) | ((two ? letter(three >> 6) : PADDING) << 16) | (PADDING << 24));
    out += 4;
  }
  return out;
}

/** A number of up to 64 bits, its highest byte first. */
function bits(start: usize, end: usize, to: usize): usize {
  let value: u64 = 0;
  for (let at = start; at < end; at++) value = (value << 8) | <u64>load<u8>(at);
  let digits: usize = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  const behind = to + digits;
  for (let out = behind; out > to; value /= 10) store<u8>(--out, 0x30 + <u32>(value % 10));
  return behind;
}
