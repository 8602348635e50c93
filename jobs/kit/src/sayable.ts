// Texts of others as a job may report them: no longer than a person reads, without characters that act on a terminal, without secrets.

const MAX_CHARACTERS = 4_000;
/** A cut text keeps this many characters of its end too: there our own sentences say how to fix the problem. */
const END_CHARACTERS = 1_000;
const MAX_FIELD_BYTES = 16 * 1_024;
// A shorter one would hide ordinary words.
const MIN_SECRET = 4;
/** Control characters but line ends and tabs, and those that turn the direction of writing. */
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is meant
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Makes texts of servers and libraries fit to be told. */
export class Sayable {
  #secrets: readonly string[] = [];

  /** Hides these from now on, also as they look in a URL. */
  hide(secrets: Iterable<string>): void {
    const forms = [...this.#secrets, ...[...secrets].flatMap((secret) => [secret, encodeURIComponent(secret)])];
    this.#secrets = [...new Set(forms)].filter(({ length }) => length >= MIN_SECRET).toSorted((a, b) => b.length - a.length);
  }

  /** A text as it may be told. */
  text(text: string): string {
    // Secrets first: a cut might leave the half of one, of which nobody would know.
    const hidden = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    const left = hidden.length - MAX_CHARACTERS;
    const whole = left <= 0 ? hidden : `${hidden.slice(0, MAX_CHARACTERS - END_CHARACTERS)} … (${left} characters left out) … ${hidden.slice(-END_CHARACTERS)}`;
    return whole.toWellFormed().replace(ACTING, '\ufffd');
  }

  /** Returns the fields beside a text as a job may report them; a note in their place if they are too large. */
  fields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const said = this.#json(fields) as Record<string, unknown>;
    return JSON.stringify(said).length <= MAX_FIELD_BYTES ? said : { event: said['event'], left: 'details of more than 16 KiB are left out' };
  }

  #json(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#json(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.text(name), this.#json(item)]));
  }
}

/** Values of settings that their names say to be secret, and the passwords in URLs. */
export function secretsOf(settings: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(settings).flatMap(([name, value = '']) => (/PASSWORD|SECRET|TOKEN|_URL$/.test(name) ? [value] : []));
  const inUrls = values.flatMap((value) => /^[\w+.-]+:\/\/[^@/]*?:([^@/]+)@/.exec(value)?.[1] ?? []);
  return [...values, ...inUrls, ...inUrls.map(decoded)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
