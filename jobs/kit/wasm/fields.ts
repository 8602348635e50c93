// AssemblyScript (docs/decisions.md, "WebAssembly"): fields of CSV, for modules that write rows. The rules are those of ../src/csv/rules.ts.
// All of it reads and writes by vectors of 16 bytes, the last of which goes past the end of what it is for.

export const QUOTE: u32 = 0x22;
export const COMMA: u32 = 0x2c;
export const LINE_END: u32 = 0x0a;
/** `\.` as a number of 16 bits. */
const END_OF_DATA: u32 = 0x2e5c;
/**
 * The bytes for which a field is quoted ("\n\r,), each at the place that its last four bits say; at the other places is what can't stand
 * there. So one look-up and one comparison tell for 16 bytes which are among them.
 */
// @ts-ignore: decorator
@inline
export function causes(): v128 {
  return i8x16(0x01, 0x00, 0x22, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x2c, 0x0d, 0x00, 0x00);
}
const LOW_BITS: i8 = 0x0f;

/** Writes a value that needs no quotes. */
// @ts-ignore: decorator
@inline
export function plain(start: usize, end: usize, to: usize): usize {
  for (let at = start, out = to; at < end; at += 16, out += 16) v128.store(out, v128.load(at));
  return to + (end - start);
}

/** Writes a value, with quotes if it needs them. */
// @ts-ignore: decorator
@inline
export function text(start: usize, end: usize, to: usize, lookUp: v128): usize {
  const length = end - start;
  if (length === 0 || (length === 2 && load<u16>(start) === END_OF_DATA)) return quoted(start, end, to);
  let at = start;
  let out = to;
  for (; at + 16 <= end; at += 16, out += 16) {
    const bytes = v128.load(at);
    v128.store(out, bytes);
    if (v128.any_true(isCause(bytes, lookUp))) return quoted(start, end, to);
  }
  if (at < end) {
    const bytes = v128.load(at);
    v128.store(out, bytes);
    if ((i8x16.bitmask(isCause(bytes, lookUp)) & firstBits(end - at)) !== 0) return quoted(start, end, to);
  }
  return to + length;
}

// @ts-ignore: decorator
@inline
function isCause(bytes: v128, lookUp: v128): v128 {
  return i8x16.eq(i8x16.swizzle(lookUp, v128.and(bytes, i8x16.splat(LOW_BITS))), bytes);
}

/** A bit for each of so many bytes, 16 at most. */
// @ts-ignore: decorator
@inline
function firstBits(count: usize): i32 {
  return (1 << <i32>count) - 1;
}

/** Whether a value needs quotes. */
export function needsQuotes(start: usize, length: usize): bool {
  const lookUp = causes();
  if (length === 0 || (length === 2 && load<u16>(start) === END_OF_DATA)) return true;
  const end = start + length;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    if (v128.any_true(isCause(v128.load(at), lookUp))) return true;
  }
  return at < end && (i8x16.bitmask(isCause(v128.load(at), lookUp)) & firstBits(end - at)) !== 0;
}

/** Writes a value with quotes around it. */
export function quoted(start: usize, end: usize, to: usize): usize {
  store<u8>(to, QUOTE);
  const behind = doubled(start, end, to + 1);
  store<u8>(behind, QUOTE);
  return behind + 1;
}

/** Writes what stands between quotes, its own quotes twice. */
// @ts-ignore: decorator
@inline
export function doubled(start: usize, end: usize, to: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE);
  let at = start;
  let out = to;
  while (at < end) {
    const bytes = v128.load(at);
    v128.store(out, bytes);
    const left = min<usize>(16, end - at);
    const found = i8x16.bitmask(i8x16.eq(bytes, quotes)) & firstBits(left);
    if (found === 0) {
      at += left;
      out += left;
    } else {
      const behind = <usize>ctz(found) + 1;
      at += behind;
      out += behind;
      store<u8>(out++, QUOTE);
    }
  }
  return out;
}
