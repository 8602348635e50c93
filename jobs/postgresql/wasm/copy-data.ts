// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`; ../src/copy-out.ts drives it.

// Messages of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html
const COPY_DATA: u32 = 0x64;
const COPY_OUT_RESPONSE: u32 = 0x48;
// These may come in between, and tell nothing of the data.
const NOTICE: u32 = 0x4e;
const PARAMETER_STATUS: u32 = 0x53;
const NOTIFICATION: u32 = 0x41;
/** The type, and the length that counts itself. */
const HEADER_BYTES: u32 = 5;
const LENGTH_BYTES: u32 = 4;

export const INPUT: usize = 1024;
export const INPUT_BYTES: usize = 64 * 1024;
export const OUTPUT: usize = INPUT + INPUT_BYTES + 1024;
/** Data may be copied by whole vectors, past its end. */
export const OUTPUT_BYTES: usize = INPUT_BYTES + 64;

/** Bytes of INPUT that were read; fewer than were given where a message begins that is another's to read. */
export let consumed: u32 = 0;
let headerRead: u32 = 0;
let type: u32 = 0;
/** Of the message whose header was read. */
let left: u32 = 0;

/** Takes the data out of the messages in the first bytes of INPUT; returns how many bytes of it stand in OUTPUT. */
export function take(length: u32): u32 {
  const end = INPUT + length;
  let at = INPUT;
  let out = OUTPUT;
  while (at < end) {
    if (left === 0) {
      const before = at;
      at = readHeader(at, end);
      if (at === before) break;
      continue;
    }
    const count = min(left, <u32>(end - at));
    if (type === COPY_DATA) {
      copy(out, at, count);
      out += count;
    }
    at += count;
    left -= count;
  }
  consumed = <u32>(at - INPUT);
  return <u32>(out - OUTPUT);
}

/** Reads on in a header; reads nothing of one that is not for us. */
// @ts-ignore: decorator
@inline
function readHeader(from: usize, end: usize): usize {
  if (headerRead === 0 && from + HEADER_BYTES <= end) {
    const first: u32 = load<u8>(from);
    if (!isOurs(first)) return from;
    type = first;
    left = bswap(load<u32>(from + 1)) - LENGTH_BYTES;
    return from + HEADER_BYTES;
  }
  let at = from;
  for (; at < end && headerRead < HEADER_BYTES; at++) {
    const byte: u32 = load<u8>(at);
    if (headerRead === 0) {
      if (!isOurs(byte)) return at;
      type = byte;
      left = 0;
      length = 0;
    } else length = (length << 8) | byte;
    headerRead++;
  }
  if (headerRead === HEADER_BYTES) {
    headerRead = 0;
    left = length - LENGTH_BYTES;
  }
  return at;
}
/** Of the header that is being read byte by byte. */
let length: u32 = 0;

// @ts-ignore: decorator
@inline
function isOurs(byte: u32): bool {
  return byte === COPY_DATA || byte === COPY_OUT_RESPONSE || byte === NOTICE || byte === PARAMETER_STATUS || byte === NOTIFICATION;
}

/** Rows are short: vectors, the last of which goes past the end, beat a call of memory.copy. */
// @ts-ignore: decorator
@inline
function copy(to: usize, from: usize, count: u32): void {
  if (count > 1024) {
    memory.copy(to, from, count);
    return;
  }
  for (let at: usize = 0; at < count; at += 16) v128.store(to + at, v128.load(from + at));
}
