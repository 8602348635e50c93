import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isUnreadable } from '../bounded-json.ts';
import { UntrustedEntry } from '../ledger/sealed-store.ts';

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;

/** Told when something that must be done can't be done for now, and when it could again. */
export interface TroubleListener {
  trouble(error: unknown): void;
  relieved(): void;
}

/**
 * Does something that must not be given up, such as settling an attempt: tries until it succeeds, with growing pauses, and says
 * so in the log each time. Rejects only when `signal` is aborted, or for a document that can't be understood, which time won't mend.
 */
export async function persist<T>(doing: string, action: () => Promise<T>, log: Logger, listener: TroubleListener, signal: AbortSignal): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      const result = await action();
      listener.relieved();
      return result;
    } catch (error) {
      if (isUnreadable(error) || error instanceof UntrustedEntry) throw error;
      listener.trouble(error);
      log.warn({ err: error, pauseMs: pause }, `${doing} failed; trying again`);
    }
    await sleep(pause, undefined, { signal });
  }
}
