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
    // Longest first, so that a secret that holds another one is hidden whole.
    this.#needles = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  }

  /** Length of the longest text that must be seen in one piece to be hidden. */
  get longest(): number {
    return this.#needles[0]?.length ?? 0;
  }

  /** The text with every secret replaced. */
  text(text: string): string {
    if (this.#whole.has(text)) return MASK;
    let masked = text;
    for (const needle of this.#needles) if (masked.includes(needle)) masked = masked.replaceAll(needle, MASK);
    return masked;
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

function spellings(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line !== secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), Buffer.from(secret, 'utf8').toString('base64'), ...lines];
}
