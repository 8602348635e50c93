/*
 * The readings of a text: as it is, with JSON's escapes undone, with a URL's, and those one within the other. Each letter of a reading
 * knows where it stands in the text, so that what is found in one can be hidden in the other.
 */

/** A reading: `starts[n]` is the place of letter n in the text; undefined for the text itself. It has one place more than letters. */
export interface View {
  readonly text: string;
  readonly starts?: Uint32Array;
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = ' ';
const SIMPLE: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', "'": "'", b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** JSON in JSON in JSON: deeper is nobody's log. */
const LEVELS = 3;

/** Every reading of a text in which there may be something else than in the text itself. */
export function* views(text: string): Iterable<View> {
  const whole: View = { text };
  yield whole;
  yield* unescapedOf(whole);
  let view = whole;
  // A URL in a URL is escaped twice.
  for (let level = 0; level < 2; level++) {
    if (!/%|\+/.test(view.text)) return;
    const decoded = decode(view, PERCENT, false);
    if (decoded.text !== view.text) {
      yield decoded;
      yield* unescapedOf(decoded);
    }
    if (view.text.includes('+')) {
      const form = decode(view, PERCENT, true);
      yield form;
      yield* unescapedOf(form);
    }
    if (decoded.text === view.text) return;
    view = decoded;
  }
}

function* unescapedOf(view: View): Iterable<View> {
  let inner = view;
  for (let level = 0; level < LEVELS && inner.text.includes('\\'); level++) {
    const next = decode(inner, BACKSLASH, false);
    if (next.text === inner.text) return;
    yield next;
    // URLs within JSON: their signs may have been escaped too.
    if (next.text.includes('%')) yield decode(next, PERCENT, false);
    inner = next;
  }
}

/** Undoes one level of escapes; `form`: a plus is a space. */
function decode({ text, starts }: View, mark: number, form: boolean): View {
  const out = Buffer.allocUnsafe(text.length + 4);
  const at = new Uint32Array(text.length + 5);
  let length = 0;
  const put = (letters: string, from: number): void => {
    for (let n = 0; n < letters.length; n++) {
      out[length] = letters.charCodeAt(n);
      at[length++] = starts?.[from] ?? from;
    }
  };
  for (let n = 0; n < text.length;) {
    const code = text.charCodeAt(n);
    const [letters, size] = code === mark ? escape(text, n, mark) : [form && code === PLUS ? SPACE : undefined, 1];
    if (letters === undefined) {
      out[length] = code;
      at[length++] = starts?.[n] ?? n;
      n++;
      continue;
    }
    put(letters, n);
    n += size;
  }
  at[length] = starts?.[text.length] ?? text.length;
  return { text: out.toString('latin1', 0, length), starts: at.subarray(0, length + 1) };
}

type Escape = readonly [letters: string | undefined, size: number];

function escape(text: string, at: number, mark: number): Escape {
  if (mark === PERCENT) {
    const code = hex(text, at + 1, 2);
    return code === undefined ? [undefined, 1] : [String.fromCharCode(code), 3];
  }
  const kind = text[at + 1] ?? '';
  if (kind === 'x') {
    const code = hex(text, at + 2, 2);
    return code === undefined ? [undefined, 1] : [String.fromCharCode(code), 4];
  }
  if (kind === 'u') return unicode(text, at);
  const simple = Object.hasOwn(SIMPLE, kind) ? SIMPLE[kind] : undefined;
  return [simple, 2];
}

function unicode(text: string, at: number): Escape {
  const first = hex(text, at + 2, 4);
  if (first === undefined) return [undefined, 1];
  const second = first >= 0xd800 && first < 0xdc00 && text.startsWith('\\u', at + 6) ? hex(text, at + 8, 4) : undefined;
  const letter = second === undefined ? String.fromCharCode(first) : String.fromCharCode(first, second);
  return [Buffer.from(letter).toString('latin1'), second === undefined ? 6 : 12];
}

function hex(text: string, at: number, length: number): number | undefined {
  const digits = text.slice(at, at + length);
  return digits.length === length && /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
