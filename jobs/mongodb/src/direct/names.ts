import { Buffer, isUtf8 } from 'node:buffer';

// Of documents whose names are data (a map of dates, say) no two have the same ones: what they left is let go of then.
const MOST_STEPS = 10_000;
// Whether a name came before is looked up by going back through all before it.
const MOST_NAMES = 256;
// To compare with more of them takes longer than to look one up.
const MOST_LIKELY = 8;

/** One name of a document behind those that stand before it. */
export class Step<Target> {
  /** The name's bytes with the zero at their end. */
  readonly bytes: Uint8Array;
  /** The name in JSON with its colon, as it stands within the quotes of a CSV's field. */
  readonly key: Uint8Array;
  readonly target: Target | undefined;
  /** Whether the names up to here are not to be taken by this way: one comes twice, is no UTF-8, or there are very many. */
  readonly odd: boolean;
  readonly letters: string;
  readonly before: Step<Target> | undefined;
  readonly number: number;
  readonly next = new Map<string, Step<Target>>();
  /** Some of those: mostly there is one, and where fields are optional or documents of several kinds there are a few. */
  readonly likely: Step<Target>[] = [];

  constructor(bytes: Uint8Array, { name, letters, target, odd, before }: Pick<Step<Target>, 'target' | 'odd' | 'letters' | 'before'> & { name: string }) {
    this.bytes = bytes;
    this.key = Buffer.from(`${JSON.stringify(name).replaceAll('"', '""')}:`);
    this.letters = letters;
    this.target = target;
    this.odd = odd;
    this.before = before;
    this.number = before === undefined ? 0 : before.number + 1;
  }
}

/** What a name leads to; `odd` where its document is not to be taken by this way. */
export interface Led<Target> {
  readonly target?: Target | undefined;
  readonly odd?: boolean;
}

/**
 * The names that documents have, in their order, each looked up once for all documents that have the same ones before it: mostly a name is only compared
 * with the one that stood there in the document before.
 */
export class Names<Target> {
  readonly #lead: (name: string) => Led<Target>;
  #first = root<Target>();
  #steps = 0;

  constructor(lead: (name: string) => Led<Target>) {
    this.#lead = lead;
  }

  /** Where every document begins. */
  get first(): Step<Target> {
    if (this.#steps > MOST_STEPS) {
      this.#first = root();
      this.#steps = 0;
    }
    return this.#first;
  }

  /** The step to the name that stands at an offset. */
  next(from: Step<Target>, bytes: Buffer, offset: number): Step<Target> {
    const { likely } = from;
    for (let index = 0; index < likely.length; index++) {
      const step = likely[index] as Step<Target>;
      if (stands(step.bytes, bytes, offset)) return step;
    }
    return this.#find(from, bytes, offset);
  }

  #find(from: Step<Target>, bytes: Buffer, offset: number): Step<Target> {
    const end = bytes.indexOf(0, offset);
    const letters = bytes.toString('latin1', offset, end === -1 ? bytes.length : end);
    let found = from.next.get(letters);
    if (found === undefined) {
      this.#steps++;
      from.next.set(letters, (found = this.#step(from, letters)));
      if (from.likely.length < MOST_LIKELY) from.likely.push(found);
    }
    return found;
  }

  #step(before: Step<Target>, letters: string): Step<Target> {
    const bytes = Buffer.from(letters, 'latin1');
    const name = bytes.toString('utf8');
    const { target, odd = false } = this.#lead(name);
    return new Step(Buffer.concat([bytes, Buffer.alloc(1)]), {
      name,
      letters,
      target,
      odd: odd || before.odd || before.number >= MOST_NAMES || !isUtf8(bytes) || cameBefore(before, letters),
      before,
    });
  }
}

function root<Target>(): Step<Target> {
  return new Step<Target>(new Uint8Array(), { name: '', letters: '', target: undefined, odd: false, before: undefined });
}

function cameBefore<Target>(last: Step<Target>, letters: string): boolean {
  // The first step is no name.
  for (let step = last; step.before !== undefined; step = step.before) if (step.letters === letters) return true;
  return false;
}

function stands(name: Uint8Array, bytes: Buffer, offset: number): boolean {
  for (let at = 0; at < name.length; at++) if (name[at] !== bytes[offset + at]) return false;
  return true;
}
