/** Longest line that is kept unless more is asked for; of a longer one the rest is dropped, so that a job without line ends costs no memory. */
export const MAX_LINE_CHARS = 256 * 1024;

/** Cuts a byte stream into lines of text; bytes of one character may come in different chunks. Memory is bounded. */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #onLine: (line: string, cut: boolean) => void;
  readonly #most: number;
  #rest = '';
  #cut = false;

  /** `most`: letters of a line that are kept; of a longer one `cut` is true. */
  constructor(onLine: (line: string, cut: boolean) => void, most = MAX_LINE_CHARS) {
    this.#onLine = onLine;
    this.#most = most;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Hands over a last line that had no line end. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#grow(text, from, end);
      this.#emit(this.#rest);
      this.#rest = '';
      from = end + 1;
    }
    this.#grow(text, from, text.length);
  }

  #grow(text: string, from: number, end: number): void {
    const room = this.#most - this.#rest.length;
    if (end - from > room) this.#cut = true;
    if (room > 0) this.#rest += text.slice(from, Math.min(end, from + room));
  }

  #emit(line: string): void {
    const cut = this.#cut;
    this.#cut = false;
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line, cut);
  }
}
