import { setTimeout as sleep } from 'node:timers/promises';

/** Tries until it works; after `seconds` it says what did not, and why the last try failed. */
export async function poll<T>(what: string, seconds: number, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`${what} did not answer within ${seconds} s: ${(cause as Error).message}`, { cause });
    }
    await sleep(200);
  }
}
