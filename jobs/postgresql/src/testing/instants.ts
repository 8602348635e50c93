import { Buffer } from 'node:buffer';

/** Microseconds of a day. */
export const DAY = 86_400_000_000n;

/** The texts of one instant. */
export interface InstantTexts {
  readonly timestamp: string;
  readonly timestamptz: string;
  readonly date: string;
}

/** What PostgreSQL writes of an instant, given in microseconds since 2000-01-01, by the calendar of Date, which knows the years from -271821 to 275760. */
export function instantTexts(microseconds: bigint): InstantTexts {
  const beyond = microseconds % 1_000n;
  const whole = microseconds - (beyond < 0n ? beyond + 1_000n : beyond);
  const at = new Date(Date.UTC(2000, 0, 1) + Number(whole / 1_000n));
  const year = at.getUTCFullYear();
  const era = year > 0 ? '' : ' BC';
  const day = `${String(year > 0 ? year : 1 - year).padStart(4, '0')}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  const digits = `${String(at.getUTCMilliseconds()).padStart(3, '0')}${String(microseconds - whole).padStart(3, '0')}`.replace(/0+$/, '');
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}${digits === '' ? '' : `.${digits}`}`;
  return { timestamp: `${day} ${clock}${era}`, timestamptz: `${day} ${clock}+00${era}`, date: `${day}${era}` };
}

/** The day of an instant, counted from 2000-01-01. */
export function dayOf(microseconds: bigint): number {
  const beyond = microseconds % DAY;
  return Number((microseconds - (beyond < 0n ? beyond + DAY : beyond)) / DAY);
}

/** A number as the protocol's binary form has it, in 8 bytes. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** The same in 4 bytes. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
