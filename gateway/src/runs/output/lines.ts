/** Longest line that is kept; of a longer one the rest is dropped, so that a job without line ends costs no memory. */
const MAX_LINE_CHARS = 256 * 1024;

/** Cuts a byte stream into lines of text; bytes of one character may come in different chunks. Memory is bounded. */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
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
    const room = MAX_LINE_CHARS - this.#rest.length;
    if (room > 0) this.#rest += text.slice(from, Math.min(end, from + room));
  }

  #emit(line: string): void {
    this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
