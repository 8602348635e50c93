/** What a caller prefers of how it is answered (RFC 7240). */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds that the caller is ready to wait; undefined where it says nothing that can be used. */
  readonly waitSeconds: number | undefined;
}

// Text beyond this length counts as not said.
const MAX_LENGTH = 2_048;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PREFERENCE = new RegExp(String.raw`^[ \t]*(${TOKEN})[ \t]*(?:=[ \t]*(${TOKEN}|"(?:[^"\\]|\\.)*")[ \t]*)?$`);

/** No wait is longer; RFC 9111 bounds `delta-seconds` so, and a longer number must not become Infinity. */
const MAX_WAIT_SECONDS = 2 ** 31;

/**
 * Reads `Prefer`. Never throws: a server may ignore any preference, so what is unknown or malformed counts as not said.
 * Of a preference that comes more than once only the first is looked at, as the RFC says, even when its value is no good.
 */
export function parsePrefer(header: string | undefined): Preferences {
  const values = new Map<string, string>();
  for (const preference of splitOutsideQuotes((header ?? '').slice(0, MAX_LENGTH), ',')) {
    // Neither of the two preferences has parameters, so those of others are passed over with them.
    const match = PREFERENCE.exec(splitOutsideQuotes(preference, ';')[0] ?? '');
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined && !values.has(name)) values.set(name, unquote(match?.[2] ?? ''));
  }
  const wait = values.get('wait');
  return {
    // An empty value is the same as none; `respond-async=no` is not defined, so it says nothing.
    respondAsync: values.get('respond-async') === '',
    waitSeconds: wait !== undefined && /^\d+$/.test(wait) ? Math.min(Number(wait), MAX_WAIT_SECONDS) : undefined,
  };
}

function unquote(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word;
}

/** Pieces between separators; a separator inside a quoted string is text. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === separator) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}
