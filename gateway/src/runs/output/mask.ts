const MASK = '***';
// A shorter one would mask ordinary words; its exact occurrences as a whole string are still masked.
const MIN_LENGTH = 4;

/** Hides the values of a run's secrets in text, also as they look inside JSON, in a URL and in base64. */
export class Mask {
  readonly #needles: string[];
  readonly #whole: ReadonlySet<string>;

  constructor(secrets: Iterable<string>) {
    const values = [...secrets].filter((secret) => secret !== '');
    this.#whole = new Set(values);
    const forms = values.flatMap(spellings).filter((form) => form.length >= MIN_LENGTH);
    this.#needles = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  }

  /** The text with every secret replaced. */
  text(text: string): string {
    if (this.#whole.has(text)) return MASK;
    if (!this.#needles.some((needle) => text.includes(needle))) return text;
    const spans = this.#needles.flatMap((needle) => occurrences(text, needle));
    let masked = '';
    let hidden = 0;
    for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
      // Secrets that overlap are hidden together: cutting one out would leave a piece of the other.
      if (start >= hidden) masked += text.slice(hidden, start) + MASK;
      hidden = Math.max(hidden, end);
    }
    return masked + text.slice(hidden);
  }

  /** A JSON value with every string in it masked, keys included. */
  json<T>(value: T): T {
    return this.#json(value) as T;
  }

  #json(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#json(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#json(item)]));
  }
}

function occurrences(text: string, needle: string): [start: number, end: number][] {
  const spans: [number, number][] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) spans.push([at, at + needle.length]);
  return spans;
}

function spellings(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line !== secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), Buffer.from(secret, 'utf8').toString('base64'), ...lines];
}
