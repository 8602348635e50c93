import { Buffer, isUtf8 } from 'node:buffer';
import type { Element } from './document.ts';

/** The names that a document has, in their order. Documents with the same ones share it, so that names are decoded once for all of them. */
export interface Shape {
  readonly names: readonly string[];
  /** The names as they stand in JSON, colon included. */
  readonly keys: readonly string[];
  /** Where each name stands; of one that comes twice, the last, which is the one that drivers take. */
  readonly positions: ReadonlyMap<string, number>;
  /** Names that come twice. */
  readonly doubled: ReadonlySet<string>;
  /** Names whose bytes are no UTF-8. */
  readonly broken: ReadonlySet<string>;
}

// Of documents whose names are data (a map of dates, say) no two have the same ones: what they left is let go of then.
const MOST_STEPS = 10_000;
const NONE: ReadonlySet<string> = new Set();
const ASCII = /^[^\u0080-\u00ff]*$/;

/** One name behind those that lead to it. */
class Step {
  /** The name's bytes, one letter for each. */
  readonly letters: string;
  readonly before: Step | undefined;
  readonly next = new Map<string, Step>();
  /** The one that came last, which most often comes again. */
  guess: Step | undefined;
  shape: Shape | undefined;

  constructor(letters = '', before?: Step) {
    this.letters = letters;
    this.before = before;
  }
}

let first = new Step();
let steps = 0;

/** The shape of the document that these elements are of. */
export function shapeOf(bytes: Buffer, elements: readonly Element[]): Shape {
  if (steps > MOST_STEPS) {
    first = new Step();
    steps = 0;
  }
  let step = first;
  for (const element of elements) step = stepTo(step, bytes, element[1], element[2]);
  return (step.shape ??= describe(step, elements.length));
}

function stepTo(from: Step, bytes: Buffer, offset: number, length: number): Step {
  const { guess } = from;
  if (guess !== undefined && isSame(guess.letters, bytes, offset, length)) return guess;
  const letters = bytes.toString('latin1', offset, offset + length);
  let found = from.next.get(letters);
  if (found === undefined) {
    steps++;
    from.next.set(letters, (found = new Step(letters, from)));
  }
  from.guess = found;
  return found;
}

function isSame(letters: string, bytes: Buffer, offset: number, length: number): boolean {
  if (letters.length !== length) return false;
  for (let at = 0; at < length; at++) if (letters.charCodeAt(at) !== bytes[offset + at]) return false;
  return true;
}

function describe(last: Step, length: number): Shape {
  const names: string[] = Array.from({ length }, () => '');
  const broken = new Set<string>();
  for (let step = last, index = length - 1; step.before !== undefined; step = step.before, index--) {
    names[index] = step.letters;
    if (ASCII.test(step.letters)) continue;
    const bytes = Buffer.from(step.letters, 'latin1');
    const name = bytes.toString('utf8');
    if (!isUtf8(bytes)) broken.add(name);
    names[index] = name;
  }
  const positions = new Map<string, number>();
  names.forEach((name, index) => positions.set(name, index));
  return {
    names,
    keys: names.map((name) => `${JSON.stringify(name)}:`),
    positions,
    doubled: positions.size === length ? NONE : new Set(names.filter((name, index) => positions.get(name) !== index)),
    broken,
  };
}
