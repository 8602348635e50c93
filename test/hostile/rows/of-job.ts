import { wordsOf } from '../support/ask.ts';
import type { Row } from '../support/row.ts';
import type { EvilOptions, Stage } from '../support/stage.ts';

/** An answer to a hostile run. */
export type Told = Awaited<ReturnType<Stage['evil']>>;

/** A row that one run of the hostile job makes. */
export interface JobRow extends EvilOptions {
  readonly name: string;
  /** Options of its dataset; several of a list. */
  readonly options: object;
  readonly answered: string | RegExp;
  /** Looks further; gives words that are put behind those of the answer, or nothing. */
  readonly further?: (stage: Stage, told: Told) => Promise<string | undefined>;
}

const FINAL = ['succeeded', 'failed', 'cancelled'];

/** Runs the hostile job, and sees that its run has ended, whatever it did. */
export function jobRow({ name, options, answered, further, ...more }: JobRow): Row {
  return {
    name,
    answered,
    act: async (stage) => {
      const told = await stage.evil(options, more);
      const words = [wordsOf(told)];
      if (told.run !== '') {
        const { status, body } = await stage.ask('GET', `/api/runs/${told.run}`);
        const { state } = body;
        if (status !== 200 || !FINAL.includes(String(state))) words.push(`the run is ${status} ${String(state)}`);
      }
      const found = await further?.(stage, told);
      return [...words, ...(found === undefined ? [] : [found])].join('; ');
    },
  };
}

/** Writes a pipeline's own limits: the job's are too low to be hostile in, or too high to wait for. */
export function limits(set: Readonly<Record<string, number>>): string {
  return `limits: ${JSON.stringify(set)}\n`;
}
