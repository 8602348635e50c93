import type { FileOutput } from '../file-output.ts';

/** One file that takes all, as a function of its bytes. */
export function oneFile(write: FileOutput['write']): FileOutput {
  return { room: Infinity, write, next: () => Promise.reject(new Error('one file takes all')) };
}
