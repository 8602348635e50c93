import type { Buffer } from 'node:buffer';

/*
 * Numbers from their digits as sources write them, into the words of typed arrays, little-endian as Arrow and WebAssembly have them. Each function
 * gives false, and what it has written counts for nothing, for a text that is no such number or one that does not fit.
 */

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const WORD = 2 ** 32;
/** Digits that a double holds, whichever they are. */
const SAFE_DIGITS = 15;
const MAX_64 = 2n ** 63n;
const LONGEST_NUMBER = 2_000;

/** An integer of up to 32 bits into one element. */
export function int32Into(target: Int8Array | Int16Array | Int32Array, at: number, bits: 8 | 16 | 32, source: Buffer, start: number, end: number): boolean {
  const value = safeInteger(source, start, end);
  if (Number.isNaN(value) || value < -(2 ** (bits - 1)) || value >= 2 ** (bits - 1)) return false;
  target[at] = value;
  return true;
}

/** An integer of 64 bits into two words. */
export function int64Into(words: Int32Array, at: number, source: Buffer, start: number, end: number): boolean {
  const value = safeInteger(source, start, end);
  if (!Number.isNaN(value)) {
    safeInto(words, at * 2, value);
    return true;
  }
  const big = bigInteger(source, start, end);
  if (big === undefined || big < -MAX_64 || big >= MAX_64) return false;
  bigInto(words, at * 2, 2, big);
  return true;
}

/** A decimal, as the integer that it is without its point, into four words. Digits beyond the scale may only be zeros. */
export function decimalInto(
  words: Int32Array,
  at: number,
  { precision, scale }: { readonly precision: number; readonly scale: number },
  source: Buffer,
  start: number,
  end: number,
): boolean {
  const from = at * 4;
  const negative = source[start] === MINUS;
  let value = 0;
  let digits = 0;
  let decimals = -1;
  let seen = false;
  for (let at = start + (negative || source[start] === PLUS ? 1 : 0); at < end; at++) {
    const byte = source[at] as number;
    if (byte === DOT && decimals === -1) {
      decimals = 0;
      continue;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) return false;
    seen = true;
    if (decimals !== -1 && ++decimals > scale) {
      if (digit !== 0) return false;
      decimals = scale;
      continue;
    }
    if (digits > 0 || digit !== 0) digits++;
    if (digits <= SAFE_DIGITS) value = value * 10 + digit;
  }
  const missing = scale - Math.max(decimals, 0);
  if (!seen || (digits > 0 && digits + missing > precision)) return false;
  if (digits + missing <= SAFE_DIGITS) {
    const whole = value * 10 ** missing;
    safeInto(words, from, negative ? -whole : whole);
    const sign = negative && whole !== 0 ? -1 : 0;
    words[from + 2] = sign;
    words[from + 3] = sign;
    return true;
  }
  const [whole = '', fraction = ''] = source.toString('latin1', start, end).replace(/^[+-]/, '').split('.');
  const big = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  bigInto(words, from, 4, negative ? -big : big);
  return true;
}

/** A floating-point number, rounded to 32 bits by the target where it has these. */
export function floatInto(target: Float32Array | Float64Array, at: number, source: Buffer, start: number, end: number): boolean {
  if (end - start > LONGEST_NUMBER) return false;
  const text = source.toString('latin1', start, end);
  const value = Number(text);
  // Number() takes what sources never write: a space for zero, hexadecimal digits.
  if (Number.isNaN(value) ? text !== 'NaN' : !/^(?:[+-]?[\d.]+(?:[eE][+-]?\d+)?|-?Infinity)$/.test(text)) return false;
  target[at] = value;
  return true;
}

/** 64 bits of an integer beyond a double's into two words, or of microseconds; false where they do not hold it. */
export function bigInt64Into(words: Int32Array, at: number, value: bigint): boolean {
  if (value < -MAX_64 || value >= MAX_64) return false;
  bigInto(words, at * 2, 2, value);
  return true;
}

/** An integer that a double holds into two words. */
export function safeInto(words: Int32Array, from: number, value: number): void {
  words[from] = value | 0;
  words[from + 1] = Math.floor(value / WORD);
}

function bigInto(words: Int32Array, from: number, count: number, value: bigint): void {
  let rest = value;
  for (let word = 0; word < count; word++) {
    words[from + word] = Number(BigInt.asIntN(32, rest));
    rest >>= 32n;
  }
}

/** NaN where it is no integer, or has more digits than a double holds. */
function safeInteger(source: Buffer, start: number, end: number): number {
  const first = source[start];
  const signed = first === MINUS || first === PLUS;
  const from = signed ? start + 1 : start;
  if (from >= end || end - from > SAFE_DIGITS) return Number.NaN;
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = (source[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return first === MINUS ? 0 - value : value;
}

function bigInteger(source: Buffer, start: number, end: number): bigint | undefined {
  if (end - start > LONGEST_NUMBER) return undefined;
  const text = source.toString('latin1', start, end);
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
}
