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
const SPACE = 0x20;
const [U, X] = [0x75, 0x78];
const NONE = -1;
/** Letters of JSON's short escapes, by the letter behind the backslash. */
const SIMPLE = new Int16Array(256).fill(NONE);
for (const [kind, letter] of Object.entries({ '"': '"', '\\': '\\', '/': '/', "'": "'", b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' })) {
  SIMPLE[kind.charCodeAt(0)] = letter.charCodeAt(0);
}
/** Values of hexadecimal digits, by their letter. */
const DIGITS = new Int8Array(256).fill(NONE);
for (const digit of '0123456789abcdefABCDEF') DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
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
  for (let n = 0; n < text.length;) {
    const code = text.charCodeAt(n);
    const from = starts?.[n] ?? n;
    if (code !== mark) {
      out[length] = form && code === PLUS ? SPACE : code;
      at[length++] = from;
      n++;
      continue;
    }
    const size = mark === PERCENT ? percent(text, n) : backslash(text, n);
    if (size === 0) {
      out[length] = code;
      at[length++] = from;
      n++;
      continue;
    }
    for (const end = length + undone.length; length < end; length++) {
      out[length] = undone.bytes[undone.length - (end - length)] ?? 0;
      at[length] = from;
    }
    n += size;
  }
  at[length] = starts?.[text.length] ?? text.length;
  return { text: out.toString('latin1', 0, length), starts: at.subarray(0, length + 1) };
}

/** Bytes of the escape that was read last: a list made anew for each would be most of the work. */
const undone = { bytes: Buffer.alloc(4), length: 0 };

/** Undoes an escape of a URL; returns the letters that it takes, 0 if there is none. */
function percent(text: string, at: number): number {
  return one(hex(text, at + 1, 2), 3);
}

/** Undoes an escape of JSON, or of a program's text. */
function backslash(text: string, at: number): number {
  const kind = text.charCodeAt(at + 1);
  if (kind === X) return one(hex(text, at + 2, 2), 4);
  if (kind === U) return unicode(text, at);
  return one(SIMPLE[kind] ?? NONE, 2);
}

function one(byte: number, size: number): number {
  if (byte === NONE) return 0;
  undone.bytes[0] = byte;
  undone.length = 1;
  return size;
}

function unicode(text: string, at: number): number {
  const first = hex(text, at + 2, 4);
  if (first === NONE) return 0;
  if (first < 0x80) return one(first, 6);
  const isPair = first >= 0xd800 && first < 0xdc00 && text.charCodeAt(at + 6) === BACKSLASH && text.charCodeAt(at + 7) === U;
  const second = isPair ? hex(text, at + 8, 4) : NONE;
  const letter = second === NONE ? String.fromCharCode(first) : String.fromCharCode(first, second);
  undone.length = undone.bytes.write(letter);
  return second === NONE ? 6 : 12;
}

function hex(text: string, at: number, length: number): number {
  let value = 0;
  for (let n = at; n < at + length; n++) {
    const digit = DIGITS[text.charCodeAt(n)] ?? NONE;
    if (digit === NONE) return NONE;
    value = value * 16 + digit;
  }
  return value;
}
