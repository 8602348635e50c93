import { z } from 'zod';

/** Bounds of a text from outside, held before it is parsed: a few letters can ask for a thousand times their memory, or for a stack that there is not. */
export interface JsonBounds {
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Values, as the commas and brackets outside of strings tell. */
  readonly values: number;
  /** Different names of fields: each takes memory of its own. */
  readonly names: number;
}

/** Bounds that no document of ours comes near. */
export const JSON_BOUNDS: JsonBounds = { depth: 64, values: 400_000, names: 20_000 };

/** A text that is JSON perhaps, and too deep or too manifold to be looked at. */
export class JsonBoundsError extends SyntaxError {
  constructor(message: string) {
    super(message);
    this.name = 'JsonBoundsError';
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** Letters of a field: `"":0,` */
const SHORTEST_FIELD = 5;
const OPENS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSES: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Parses JSON that a stranger may have written. Throws `SyntaxError` for what is none, {@link JsonBoundsError} for what is past the bounds. */
export function parseJson(text: string, bounds: JsonBounds = JSON_BOUNDS): unknown {
  checkBounds(text, bounds);
  return JSON.parse(text);
}

/** Tells if an error says that a document is no JSON ({@link parseJson}) or not of its schema (zod), which time does not mend. */
export function isUnreadable(error: unknown): error is SyntaxError | z.ZodError {
  return error instanceof SyntaxError || error instanceof z.ZodError;
}

function checkBounds(text: string, { depth: maxDepth, values: maxValues, names: maxNames }: JsonBounds): void {
  let depth = 0;
  let values = 1;
  let quoted = false;
  let begin = 0;
  let end = 0;
  // A short text has no room for more.
  const names = text.length > maxNames * SHORTEST_FIELD ? new Set<string>() : undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) {
        quoted = false;
        end = at;
      }
    } else if (code === QUOTE) {
      quoted = true;
      begin = at + 1;
    } else if (code === COLON) {
      names?.add(text.slice(begin, end));
      if (names !== undefined && names.size > maxNames) throw new JsonBoundsError(`has more than ${maxNames} names of fields`);
    } else if (code === COMMA) values++;
    else if (OPENS.has(code)) {
      values++;
      depth++;
      if (depth > maxDepth) throw new JsonBoundsError(`is nested more than ${maxDepth} deep`);
    } else if (CLOSES.has(code)) depth--;
    if (values > maxValues) throw new JsonBoundsError(`has more than ${maxValues} values`);
  }
}
