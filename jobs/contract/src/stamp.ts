/** UTC second as it stands in the keys of data: `20250102_153045`. */
export function utcStamp(date: Date): string {
  return date.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}

/** The instant at which such a second is over, in ms since 1970 by the clock that gave it; NaN for what is none. */
export function stampEndsAt(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z')) + 1_000;
}
