import type { CsvOutput } from '../write-csv.ts';

/** One file that takes all, as a function of its bytes. */
export function oneFile(write: CsvOutput['write']): CsvOutput {
  return { room: Infinity, write, next: () => Promise.reject(new Error('one file takes all')) };
}
