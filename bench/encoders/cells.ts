/** Pseudo-random numbers and values of one seed (mulberry32). */
export interface Random {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  /** A text that CSV may stumble over, or a plain one. */
  text(): string;
}

const NASTY = [
  '',
  '"',
  '""',
  '","',
  '\n',
  '\r',
  '\r\n',
  ',',
  ';',
  '\t',
  '\\',
  '\\.',
  '\\N',
  'NULL',
  ' ',
  ' a',
  'a ',
  "'",
  '\u0000',
  'ñ',
  '😀',
  '\u{feff}',
  '=1+1',
];
const LETTERS = ['a', 'b', 'c', 'x', 'y', 'z', ' ', '"', ',', '\n', '\r', 'é', '漢', '💊', '-', '.', '0', '9', '\\', '\u0000'];
const PLAIN = 'el medicamento se entrega en la farmacia de la calle mayor antes de las nueve de la noche, o al dia siguiente "sin falta"';
const LONGEST = 300;

/** The generator of a seed. */
export function cellsOf(seed: number): Random {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? '';
  const text = (): string => {
    switch (below(6)) {
      case 0:
        return pick(NASTY);
      case 1:
        return `${pick(NASTY)}${pick(NASTY)}${pick(NASTY)}`;
      case 2:
        return Array.from({ length: below(20) }, () => pick(LETTERS)).join('');
      case 3:
        return PLAIN.slice(0, below(PLAIN.length));
      case 4:
        return below(200) === 0 ? `${pick(LETTERS).repeat(below(LONGEST))}${pick(NASTY)}` : String(below(2 ** 31));
      default:
        return `nombre ${below(1_000_000)}`;
    }
  };
  return { below, text };
}
