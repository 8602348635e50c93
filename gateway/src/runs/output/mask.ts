import { type Needle, Needles, SHORTEST } from './needles.ts';
import { views } from './views.ts';

const MASK = '***';
/** Letters that one of a secret may become where it is written out: `\\u00e9` in JSON in JSON, twice the percent signs. */
const WIDEST = 8;

/**
 * Hides secrets in text: as they are, inside JSON (within JSON), in a URL or a form, and in base64 of either alphabet, wherever in it they stand.
 * Not hidden: hex, other cases, HTML's entities, base64 that is cut into lines, secrets of less than 4 letters unless they are the whole text.
 */
export class Mask {
  /** How many letters before a cut may be the beginning of a secret that the cut has taken the rest of. */
  readonly margin: number;
  readonly #needles: Needles;
  readonly #whole: ReadonlySet<string>;
  readonly #base: Mask | undefined;

  /** `base`: one that hides other secrets, made before and shared. */
  constructor(secrets: Iterable<string>, base?: Mask) {
    const values = [...new Set(secrets)].filter((secret) => secret !== '');
    this.#base = base;
    this.#whole = new Set(values);
    const parts = values.flatMap(partsOf);
    this.#needles = new Needles(parts.flatMap(spellings).filter(({ text }) => text.length >= SHORTEST));
    // Each line of a secret of several lines is found by itself.
    const longest = Math.max(0, ...parts.filter((part) => !part.includes('\n')).map((part) => Buffer.byteLength(part)));
    this.margin = Math.max(base?.margin ?? 0, longest * WIDEST);
  }

  /** The text with every secret replaced. */
  text(text: string): string {
    if (this.#isWhole(text)) return MASK;
    if (text.length < SHORTEST) return text;
    const bytes = isAscii(text) ? text : Buffer.from(text).toString('latin1');
    const spans = this.#spans(bytes);
    if (spans.length === 0) return text;
    let masked = '';
    let hidden = 0;
    for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
      // Secrets that overlap are hidden together: cutting one out would leave a piece of the other.
      if (start >= hidden) masked += bytes.slice(hidden, start) + MASK;
      hidden = Math.max(hidden, end);
    }
    masked += bytes.slice(hidden);
    return bytes === text ? masked : Buffer.from(masked, 'latin1').toString();
  }

  /** A JSON value with every string in it masked, keys and numbers included. */
  json<T>(value: T): T {
    return this.#json(value) as T;
  }

  #isWhole(text: string): boolean {
    return this.#whole.has(text) || (this.#base !== undefined && this.#base.#isWhole(text));
  }

  #spans(bytes: string): [start: number, end: number][] {
    const spans: [number, number][] = [];
    for (const { text, starts } of views(bytes)) {
      const found = (start: number, end: number): void => void spans.push([starts?.[start] ?? start, starts?.[end] ?? end]);
      this.#needles.find(text, found);
      for (let base = this.#base; base !== undefined; base = base.#base) base.#needles.find(text, found);
    }
    return spans;
  }

  #json(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#number(value);
    if (Array.isArray(value)) return value.map((item) => this.#json(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#json(item)]));
  }

  /** A password of digits alone may be told as a number. */
  #number(value: number): number | string {
    const text = String(value);
    return text.length < SHORTEST || this.text(text) === text ? value : MASK;
  }
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}

/** The secret, and each of its lines: a key is written line by line. */
function partsOf(secret: string): string[] {
  return [secret, ...secret.split(/\r?\n/)].filter((part, index, all) => part !== '' && all.indexOf(part) === index);
}

function spellings(secret: string): Needle[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams([['', secret]]).toString().slice(1),
  ];
  const plain = [...new Set(forms)].map((form) => ({ text: Buffer.from(form).toString('latin1'), before: 0, after: 0 }));
  return [...plain, ...base64(secret)];
}

/** The secret in base64, at each of the three places that its first byte may have in a group; the letters at both ends that are not its alone left out. */
function base64(secret: string): Needle[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const letters = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const bits = (offset + bytes.length) * 8;
    const core = letters.slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
    const ends = { before: offset === 0 ? 0 : 1, after: bits % 6 === 0 ? 0 : 1 };
    const forUrls = core.replaceAll('+', '-').replaceAll('/', '_');
    return [core, ...(forUrls === core ? [] : [forUrls])].map((text) => ({ text, ...ends }));
  });
}
