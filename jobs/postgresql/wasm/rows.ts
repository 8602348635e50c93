// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`; ../src/row-encoder.ts drives it.
// Rows of the server's protocol become CSV: the rules are those of jobs/kit/src/csv/rules.ts, and a value longer than WHOLE_BYTES is quoted always.
import { COMMA, LINE_END, QUOTE, causes, doubled, needsQuotes, plain, text } from '../../kit/wasm/fields';
import { TEXT, time } from './times';

export { DATE, TEXT, TIMESTAMP, TIMESTAMPTZ } from './times';

// Messages of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
const DATA_ROW: u32 = 0x44;
/** The type, and the length that counts itself. */
const HEADER_BYTES: usize = 5;
const LENGTH_BYTES: usize = 4;
const COUNT_BYTES: usize = 2;
const NULL: i32 = -1;

/** Why `encode` came back: all is encoded but the beginning of what is cut; the output is full; the next message is not for us; a row is not as the protocol says. */
export const STARVED: u32 = 0;
export const FULL: u32 = 1;
export const OTHER: u32 = 2;
export const BROKEN: u32 = 3;

/** A value is looked at whole before its first byte is written, for whether it needs quotes; a longer one has them. */
export const WHOLE_BYTES: usize = 4 * 1024 * 1024;
/** Rows up to so many bytes are encoded at once; of others value by value, as they come. */
const SHORT_BYTES: usize = 16 * 1024;
/** Up to which vectors read and write behind what they are for. */
const BEHIND: usize = 64;
/** More than a row of the server can have. */
export const MOST_COLUMNS: u32 = 2_048;
// The memory: of each column how its values come; room before what is read, for what was left of what was read before; what is read; the outputs. What is not needed is never touched, and so takes no memory.
const LEFT_BYTES: usize = WHOLE_BYTES + LENGTH_BYTES;
export const FORMATS: usize = 1024;
export const INPUT: usize = FORMATS + MOST_COLUMNS + LEFT_BYTES;
export const INPUT_BYTES: usize = 128 * 1024;
/** As much as makes a chunk. */
export const CHUNK_BYTES: usize = 64 * 1024;
/** No row takes more than three times its message: texts twice their bytes and the quotes, a timestamp of 12 bytes up to 33. */
const GROWTH: usize = 3;
/** What is written of a long value at once: behind a full chunk there is room for it. */
const PIECE_BYTES: usize = SHORT_BYTES - 16;
export const OUTPUT: usize = INPUT + INPUT_BYTES + BEHIND;
export const OUTPUT_BYTES: usize = CHUNK_BYTES + GROWTH * SHORT_BYTES + BEHIND;

/** Where `encode` stopped reading and writing. */
export let read: usize = 0;
export let written: usize = 0;
/** Rows that ended. */
export let rows: f64 = 0;

// Of a row that is encoded value by value: bytes of the message and values that are left; of a value that is being written how many bytes are, and whether it has quotes.
let left: usize = 0;
let values: u32 = 0;
let valueLeft: usize = 0;
let hasQuotes: bool = false;
/** Of a message that tells nothing of rows. */
let skip: usize = 0;

/** Takes what was left from `from` to `end` before the place at which the next bytes will stand; returns where it begins now. */
export function carry(from: usize, end: usize): usize {
  const to = INPUT - (end - from);
  memory.copy(to, from, end - from);
  return to;
}

/** Encodes the messages from `from` to `end`, as rows of so many columns, to `to` and on in the output that begins at `output`. */
export function encode(columns: u32, from: usize, end: usize, output: usize, to: usize): u32 {
  const full = output + CHUNK_BYTES;
  const lookUp = causes();
  written = to;
  read = from;
  while (written < full) {
    if (values !== 0) {
      const why = inRow(columns, end, full);
      if (values !== 0) return why;
      if (left !== 0) return BROKEN;
      continue;
    }
    if (skip !== 0) {
      const count = min(skip, end - read);
      skip -= count;
      read += count;
      if (skip !== 0) return STARVED;
    }
    const why = wholeRows(columns, end, full, lookUp);
    if (why !== STARVED) return why;
    // What comes next is cut, or is no short row.
    if (read + HEADER_BYTES > end) return STARVED;
    const type: u32 = load<u8>(read);
    const length = <usize>bswap(load<u32>(read + 1));
    if (length < LENGTH_BYTES) return BROKEN;
    if (type === DATA_ROW) {
      if (length + 1 <= SHORT_BYTES || read + HEADER_BYTES + COUNT_BYTES > end) return STARVED;
      if (<u32>bswap(load<u16>(read + HEADER_BYTES)) !== columns || length < LENGTH_BYTES + COUNT_BYTES) return BROKEN;
      values = columns;
      left = length - LENGTH_BYTES - COUNT_BYTES;
      read += HEADER_BYTES + COUNT_BYTES;
    } else {
      if (!isPassing(type)) return OTHER;
      skip = length - LENGTH_BYTES;
      read += HEADER_BYTES;
    }
  }
  return FULL;
}

/** ParseComplete, BindComplete, and what may come at any time: notices, parameters, notifications. */
// @ts-ignore: decorator
@inline
function isPassing(type: u32): bool {
  return type === 0x31 || type === 0x32 || type === 0x4e || type === 0x53 || type === 0x41;
}

/** Encodes short rows that are here whole, which nearly all are. STARVED when the next message is none. */
// @ts-ignore: decorator
@inline
function wholeRows(columns: u32, end: usize, full: usize, lookUp: v128): u32 {
  let from = read;
  let to = written;
  let count: f64 = 0;
  let why = STARVED;
  while (from + HEADER_BYTES + COUNT_BYTES <= end && load<u8>(from) === DATA_ROW) {
    const length = <usize>bswap(load<u32>(from + 1));
    const stop = from + 1 + length;
    if (stop > end || length + 1 > SHORT_BYTES) break;
    if (to >= full) {
      why = FULL;
      break;
    }
    if (<u32>bswap(load<u16>(from + HEADER_BYTES)) !== columns) {
      why = BROKEN;
      break;
    }
    let at = from + HEADER_BYTES + COUNT_BYTES;
    let out = to;
    for (let column: u32 = 0; column < columns; column++) {
      if (at + LENGTH_BYTES > stop) return BROKEN;
      const size = <i32>bswap(load<u32>(at));
      at += LENGTH_BYTES;
      if (size !== NULL) {
        // A length below zero is a very long one.
        if (<usize>(<u32>size) > stop - at) return BROKEN;
        const format = load<u8>(FORMATS + column);
        if (format === TEXT) out = text(at, at + size, out, lookUp);
        else {
          out = time(format, at, size, out);
          if (out === 0) return BROKEN;
        }
        at += size;
      }
      store<u8>(out++, COMMA);
    }
    if (at !== stop) return BROKEN;
    store<u8>(out - 1, LINE_END);
    to = out;
    from = stop;
    count++;
  }
  rows += count;
  read = from;
  written = to;
  return why;
}

/** Goes on in a row value by value; ends with it, or when there is nothing to read or no room. */
function inRow(columns: u32, end: usize, full: usize): u32 {
  while (values !== 0) {
    if (written >= full) return FULL;
    if (valueLeft === 0) {
      if (end - read < LENGTH_BYTES) return STARVED;
      const size = <i32>bswap(load<u32>(read));
      if (size === NULL) {
        read += LENGTH_BYTES;
        left -= LENGTH_BYTES;
        endValue();
        continue;
      }
      const length = <usize>(<u32>size);
      if (left < LENGTH_BYTES || length > left - LENGTH_BYTES) return BROKEN;
      const start = read + LENGTH_BYTES;
      if (length <= WHOLE_BYTES && length > end - start) return STARVED;
      const format = load<u8>(FORMATS + columns - values);
      if (format !== TEXT) {
        const behind = time(format, start, length, written);
        if (behind === 0) return BROKEN;
        written = behind;
        read = start + length;
        left -= LENGTH_BYTES + length;
        endValue();
        continue;
      }
      hasQuotes = length > WHOLE_BYTES || needsQuotes(start, length);
      read = start;
      left -= LENGTH_BYTES;
      if (hasQuotes) store<u8>(written++, QUOTE);
      if (length === 0) {
        store<u8>(written++, QUOTE);
        endValue();
        continue;
      }
      valueLeft = length;
    }
    const count = min(min(valueLeft, end - read), PIECE_BYTES);
    if (count === 0) return STARVED;
    written = hasQuotes ? doubled(read, read + count, written) : plain(read, read + count, written);
    read += count;
    left -= count;
    valueLeft -= count;
    if (valueLeft === 0) {
      if (hasQuotes) store<u8>(written++, QUOTE);
      endValue();
    }
  }
  return STARVED;
}

/** Writes what stands behind a value. */
function endValue(): void {
  values--;
  store<u8>(written++, values === 0 ? LINE_END : COMMA);
  if (values === 0) rows++;
}
