const ZERO = 0x30;
const MINUS = 0x2d;
const DOT = 0x2e;
const BILLION = 1_000_000_000;
const TENS = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, BILLION];
/** Powers of ten that doubles are tried with. */
const SCALES = [2, 4, 6, 8];
// Decimals of up to 15 digits are doubles of their own: what reads back as a double from so few digits is its shortest text.
const EXACT_DIGITS = 1e15;
// A shorter number has an exponent in JavaScript's text.
const LEAST_PLAIN = 1e-6;

/** Writes a whole number of up to 53 bits; gives where it ends. */
export function writeInteger(out: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeDigits(out, at, value);
  out[at] = MINUS;
  return writeDigits(out, at + 1, -value);
}

/** Whether a double is neither NaN nor infinite nor -0. */
export function isPlainDouble(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

/** Writes a plain double as JavaScript does: the shortest text that reads back to the same. */
export function writeDouble(out: Uint8Array, from: number, value: number): number {
  if (Number.isSafeInteger(value)) return writeInteger(out, from, value);
  const size = Math.abs(value);
  let at = from;
  if (size >= LEAST_PLAIN && size < BILLION) {
    for (const scale of SCALES) {
      const power = TENS[scale - 1] as number;
      const scaled = Math.round(size * power);
      if (scaled / power !== size || scaled >= EXACT_DIGITS) continue;
      if (value < 0) out[at++] = MINUS;
      at = writeScaled(out, at, scaled, scale);
      while (out[at - 1] === ZERO) at--;
      return at;
    }
  }
  return writeAscii(out, from, String(value));
}

/** Writes a number of which so many digits stand behind the dot. */
export function writeScaled(out: Uint8Array, from: number, digits: number, scale: number): number {
  const power = 10 ** scale;
  const whole = Math.floor(digits / power);
  const at = writeDigits(out, from, whole);
  out[at] = DOT;
  return writePadded(out, at + 1, digits - whole * power, scale);
}

/** Writes a whole number with zeros before it. */
export function writePadded(out: Uint8Array, at: number, value: number, width: number): number {
  let rest = value;
  for (let place = at + width - 1; place >= at; place--) {
    const tenth = Math.floor(rest / 10);
    out[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + width;
}

/** Writes letters of ASCII. */
export function writeAscii(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** How many digits a whole number of up to 53 bits has. */
export function digitsOf(value: number): number {
  if (value >= BILLION) return 9 + digitsOf(Math.floor(value / BILLION));
  let digits = 1;
  while (digits < 10 && value >= (TENS[digits - 1] as number)) digits++;
  return digits;
}

function writeDigits(out: Uint8Array, from: number, value: number): number {
  if (value >= BILLION) {
    const high = Math.floor(value / BILLION);
    return writePadded(out, writeDigits(out, from, high), value - high * BILLION, 9);
  }
  const end = from + digitsOf(value);
  let rest = value | 0;
  for (let at = end - 1; at >= from; at--) {
    const tenth = (rest / 10) | 0;
    out[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}
