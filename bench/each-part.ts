import type { Log } from '../scripts/setup/command.ts';
import type { Part } from './only.ts';

/** What surrounds the parts. */
export interface Surroundings {
  /** Removes what a part that failed has left behind. */
  readonly tidy: () => Promise<void>;
  /** Once it is aborted nothing more is begun. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

const LONGEST = 300;

/** Measures one part after the other. One that fails does not keep the others from their turn: it is returned with a sentence that says why. */
export async function eachPart(
  parts: readonly Part[],
  measure: (part: Part) => Promise<void>,
  { tidy, signal, log }: Surroundings,
): Promise<Partial<Record<Part, string>>> {
  const failed: Partial<Record<Part, string>> = {};
  for (const part of parts) {
    signal.throwIfAborted();
    try {
      await measure(part);
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      log(`${part} failed: ${message}`);
      failed[part] = sentenceOf(message);
      await tidy().catch((cause: Error) => log(`what ${part} has left could not be removed: ${cause.message}`));
    }
  }
  return failed;
}

/** The first line of a message, behind which a log may stand; of a long one its end, since a command's message tells its status there. */
function sentenceOf(message: string): string {
  const [first = ''] = message.trim().split('\n');
  return first.length > LONGEST ? `…${first.slice(1 - LONGEST)}` : first;
}
