import { crc32 } from 'node:zlib';

/** A number below `modulo` that depends on the word and the number alone: `crc32(concat(word, n)) % 10007 % modulo` in ../mysql. */
export function scatter(word: string, n: number | string, modulo: number): number {
  return (crc32(`${word}${n}`) % 10007) % modulo;
}

/** The same for ranges larger than a few thousand: `crc32(concat(word, n)) % modulo`. */
export function scatterFar(word: string, n: number | string, modulo: number): number {
  return crc32(`${word}${n}`) % modulo;
}

/** One of the values, by {@link scatter}. */
export function pick<T>(word: string, n: number | string, values: readonly [T, ...T[]]): T {
  return values[scatter(word, n, values.length)] as T;
}
