/** UTC second as it stands in the keys of data: `20250102_153045`. */
export function utcStamp(date: Date): string {
  return date.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
}
