// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`; ../src/csv/fields.ts drives it.
import { COMMA, LINE_END, QUOTE } from './fields';

// The memory: the bytes, letters that mean nothing up to which the last vector reads, and what was found.
export const INPUT: usize = 1024;
export const INPUT_BYTES: usize = 64 * 1024;
const PADDING: usize = 16;
/** Numbers of 32 bits, as many as there are bytes at most. */
export const FOUND: usize = INPUT + INPUT_BYTES + 1024;

/** Quotes of the field under way. */
let quotes: u32 = 0;

/**
 * Finds what ends a field, outside of quotes, in the first bytes of INPUT: four times the place of each, one more where it ends a record too, and two more where the field has quotes beside those
 * around it. Gives how many.
 */
export function find(length: u32): u32 {
  const end = INPUT + length;
  for (let at: usize = 0; at < PADDING; at++) store<u8>(end + at, 0x61);
  const marks = i8x16.splat(<i8>QUOTE);
  const commas = i8x16.splat(<i8>COMMA);
  const lineEnds = i8x16.splat(<i8>LINE_END);
  let count = quotes;
  let to = FOUND;
  for (let block = INPUT; block < end; block += 16) {
    const bytes = v128.load(block);
    const found = v128.or(v128.or(i8x16.eq(bytes, commas), i8x16.eq(bytes, lineEnds)), i8x16.eq(bytes, marks));
    for (let bits: u32 = i8x16.bitmask(found); bits !== 0; bits &= bits - 1) {
      const at = block + ctz(bits);
      const byte: u32 = load<u8>(at);
      if (byte === QUOTE) count++;
      // A doubled quote closes and opens again, so within them their number is odd.
      else if ((count & 1) === 0) {
        store<u32>(to, (<u32>(at - INPUT) << 2) | (count > 2 ? 2 : 0) | (byte === LINE_END ? 1 : 0));
        to += 4;
        count = 0;
      }
    }
  }
  quotes = count;
  return <u32>((to - FOUND) >> 2);
}
