/** A real server's reply is a document, and no longer than one. */
const MOST_BYTES = 16 * 1024 * 1024;
const EMBEDDED_DOCUMENT = 3;

/** Documents that a reply gives at once. */
export interface Batch {
  /** The bytes of a BSON array. */
  readonly array: Buffer;
  /** Which document follows. */
  readonly next: number;
}

/** The documents of a collection as the arrays that replies hold; each is made once. */
export class Batches {
  readonly #bytes: Buffer;
  readonly #offsets: Float64Array;
  readonly #made = new Map<string, Batch>();

  constructor(bytes: Buffer, lengths: Float64Array) {
    this.#bytes = bytes;
    this.#offsets = new Float64Array(lengths.length + 1);
    lengths.forEach((length, index) => (this.#offsets[index + 1] = (this.#offsets[index] as number) + length));
  }

  get count(): number {
    return this.#offsets.length - 1;
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** As many documents from one on as are asked for and go into a reply. */
  from(first: number, most: number): Batch {
    const key = `${first} ${most}`;
    let batch = this.#made.get(key);
    if (batch === undefined) this.#made.set(key, (batch = this.#make(first, most)));
    return batch;
  }

  #make(first: number, most: number): Batch {
    const pieces: Buffer[] = [Buffer.alloc(4)];
    let length = 5;
    let next = first;
    for (; next < this.count && next - first < most; next++) {
      const start = this.#offsets[next] as number;
      const end = this.#offsets[next + 1] as number;
      const name = Buffer.from(`${String.fromCharCode(EMBEDDED_DOCUMENT)}${next - first}\0`, 'latin1');
      if (next > first && length + name.length + end - start > MOST_BYTES) break;
      pieces.push(name, this.#bytes.subarray(start, end));
      length += name.length + end - start;
    }
    pieces.push(Buffer.alloc(1));
    const array = Buffer.concat(pieces, length);
    array.writeInt32LE(length);
    return { array, next };
  }
}
