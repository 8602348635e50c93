import { JobError } from '@esclusa/contract';

/** Why a text is not wholly in the file: a file is UTF-8. */
export const NO_UTF8 = 'holds bytes that are no UTF-8, each of which is U+FFFD in the file';

/** The row that a value is of. */
export interface LossyRow {
  /** Its number in the dataset, the first is 1. */
  readonly row: number;
  /** Its key, as text by column, where it is known. */
  readonly key?: Readonly<Record<string, string | null>>;
}

const HIDDEN = '***';

/**
 * Conversions of one dataset that lost something: counted by column for the manifest, or, in strict mode, refused at the first.
 * Every rule on what is lossy stands with the source (docs/types.md lists them); what becomes of it stands here.
 */
export class Losses {
  readonly #dataset: string;
  readonly #strict: boolean;
  readonly #counts = new Map<string, number>();
  readonly #reasons = new Set<string>();
  #hidden: ReadonlySet<string> = new Set();

  constructor(dataset: string, strict: boolean) {
    this.#dataset = dataset;
    this.#strict = strict;
  }

  /**
   * A value of `column` is not wholly in the file. `why` is a sentence without a subject: "holds bytes that are no UTF-8".
   * `row` is only called in strict mode. Throws `VALUE_LOSSY` there.
   */
  lost(column: string, why: string, row: () => LossyRow): void {
    if (this.#strict) throw this.#refusal(column, why, row());
    this.#counts.set(column, this.count(column) + 1);
    this.#reasons.add(`${column}: ${why}`);
  }

  /** Columns whose values are in no error, though they are a key. */
  hide(columns: readonly string[]): void {
    this.#hidden = new Set(columns);
  }

  /** How many values of a column lost something. */
  count(column: string): number {
    return this.#counts.get(column) ?? 0;
  }

  /** What was lost, a sentence for each column and reason. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  #refusal(column: string, why: string, { row, key: parts }: LossyRow): JobError {
    const key = parts && Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, this.#hidden.has(name) ? HIDDEN : value]));
    const which =
      key === undefined
        ? `row ${row}`
        : `row ${row} (${Object.entries(key)
            .map(([name, value]) => `${name} = ${value ?? 'NULL'}`)
            .join(', ')})`;
    const mend = 'mend it at the source, leave the column or the row out, or let it through without "strict"';
    return new JobError('VALUE_LOSSY', `dataset "${this.#dataset}", ${which}, column "${column}": the value ${why}; ${mend}`, {
      details: { dataset: this.#dataset, row, ...(key === undefined ? {} : { key }), column, why },
    });
  }
}
