// AssemblyScript (docs/decisions.md, "WebAssembly"): compiled by `npm run wasm`; ../src/csv/counter.ts drives it and says what it counts.
import { NONE, SPECIAL_BYTES, isSpecial } from './special';

// The rules are those of ../src/csv/rules.ts.
const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const LINE_END: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;
const NUL: u32 = 0x00;

// The memory: a scratch for a value that is cut, the chunk, and for each column its rule (as a number of 64 bits, like the counts) and its counts.
const SCRATCH: usize = 64;
export const INPUT: usize = 1024;
export const INPUT_BYTES: usize = 64 * 1024;
/** Letters that mean nothing, up to which the last vector reads. */
const PADDING: usize = 16;
export const COLUMNS: usize = INPUT + INPUT_BYTES + 1024;
export const COLUMN_BYTES: usize = 48;
const NULLS: usize = 8;
const EMPTY: usize = 16;
const BREAKS: usize = 24;
const NULS: usize = 32;
const SPECIAL: usize = 40;

let columns: u32 = 0;
/** Records that have ended. */
export let records: f64 = 0;
/** Bytes of the longest record, its line end among them. */
export let longestRecord: f64 = 0;
/** Column of the next byte, and whether it is between quotes. */
export let column: u32 = 0;
export let quoted: u32 = 0;
let sawQuote: bool = false;
let sawBreak: bool = false;
let sawNul: bool = false;
// Where field and record began, counted from the chunk's start: below zero when it was in an earlier one.
let fieldStart: i64 = 0;
let recordStart: i64 = 0;
/** First bytes of a field that began in an earlier chunk, in SCRATCH. */
let headBytes: usize = 0;

/** Says how many columns there are; their rules stand in the memory by then. */
export function begin(count: u32): void {
  columns = count;
}

// @ts-ignore: decorator
@inline
function placeOf(index: u32): usize {
  return COLUMNS + <usize>index * COLUMN_BYTES;
}

// @ts-ignore: decorator
@inline
function count(place: usize, what: usize): void {
  store<f64>(place + what, load<f64>(place + what) + 1);
}

/** Counts what is in the first bytes of INPUT. */
export function take(length: u32): void {
  const end = INPUT + length;
  for (let at: usize = 0; at < PADDING; at++) store<u8>(end + at, 0x61);
  const quotes = i8x16.splat(<i8>QUOTE);
  const commas = i8x16.splat(<i8>COMMA);
  const lineEnds = i8x16.splat(<i8>LINE_END);
  const returns = i8x16.splat(<i8>CARRIAGE_RETURN);
  const nuls = i8x16.splat(<i8>NUL);
  let within = quoted !== 0;
  for (let block = INPUT; block < end; block += 16) {
    const bytes = v128.load(block);
    const separators = v128.or(i8x16.eq(bytes, commas), i8x16.eq(bytes, lineEnds));
    const rare = v128.or(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, returns)), i8x16.eq(bytes, nuls));
    for (let found: u32 = i8x16.bitmask(v128.or(separators, rare)); found !== 0; found &= found - 1) {
      const at = block + ctz(found);
      const byte: u32 = load<u8>(at);
      if (byte === QUOTE) {
        // A doubled quote closes and opens again.
        within = !within;
        sawQuote = true;
      } else if (within || byte === NUL) {
        if (byte === NUL) sawNul = true;
        else if (byte !== COMMA) sawBreak = true;
      } else {
        endField(at);
        if (byte === LINE_END) endRecord(at);
        else column++;
      }
    }
  }
  quoted = within ? 1 : 0;
  if (column < columns && load<u32>(placeOf(column)) !== NONE) keepHead(end);
  fieldStart -= length;
  recordStart -= length;
}

// @ts-ignore: decorator
@inline
function endField(at: usize): void {
  const position = <i64>(at - INPUT);
  if (column < columns) {
    const place = placeOf(column);
    const length = position - fieldStart;
    const rule = load<u32>(place);
    if (length === 0) count(place, NULLS);
    else if (length === 2 && sawQuote) count(place, EMPTY);
    else if (rule !== NONE && isSpecialField(rule, at)) count(place, SPECIAL);
    if (sawBreak) count(place, BREAKS);
    if (sawNul) count(place, NULS);
  }
  sawQuote = false;
  sawBreak = false;
  sawNul = false;
  fieldStart = position + 1;
}

// @ts-ignore: decorator
@inline
function endRecord(at: usize): void {
  records++;
  column = 0;
  const behind = <i64>(at - INPUT) + 1;
  longestRecord = max(longestRecord, <f64>(behind - recordStart));
  recordStart = behind;
}

// @ts-ignore: decorator
@inline
function isSpecialField(rule: u32, end: usize): bool {
  if (fieldStart >= 0) return isSpecial(rule, INPUT + <usize>fieldStart, end);
  addToHead(INPUT, end);
  const special = isSpecial(rule, SCRATCH, SCRATCH + headBytes);
  headBytes = 0;
  return special;
}

function addToHead(from: usize, end: usize): void {
  const bytes = min(end - from, SPECIAL_BYTES - headBytes);
  memory.copy(SCRATCH + headBytes, from, bytes);
  headBytes += bytes;
}

/** Keeps the beginning of a field that the chunk does not end. */
function keepHead(end: usize): void {
  if (fieldStart >= 0) headBytes = 0;
  addToHead(INPUT + <usize>max(fieldStart, 0), end);
}
