/**
 * Where everything of ours lies in the bucket, below one prefix (by default `_esclusa/`). Every object but those under `open/`
 * is written once and never changed; docs/ledger.md describes the documents.
 */
export function ledgerKeys(prefix: string) {
  return {
    openPrefix: `${prefix}open/`,
    /** An accepted run that has not ended; its existence is the promise to end it. */
    open: (run: string): string => `${prefix}open/${run}.json`,
    /** What an attempt was given: stamp and keys. Written before its container exists, so that a sweep knows what to look for. */
    attempt: (run: string, attempt: number): string => `${prefix}attempts/${run}/${attempt}.json`,
    attemptsPrefix: (run: string): string => `${prefix}attempts/${run}/`,
    /** Decides an attempt: manifest or `aborted`. */
    commit: (run: string, attempt: number): string => `${prefix}commits/${run}/${attempt}.json`,
    /** Reserves a second for one destination, so that two runs never share bare keys. */
    stamp: (destination: string, stamp: string): string => `${prefix}stamps/${destination}/${stamp}.json`,
    stampsPrefix: (destination: string): string => `${prefix}stamps/${destination}/`,
    /** What an attempt's job said, masked: one line each, without progress. */
    log: (run: string, attempt: number): string => `${prefix}logs/${run}/${attempt}.jsonl`,
    /** An ended run, whole. */
    ended: (run: string): string => `${prefix}runs/${run}.json`,
  };
}

export type LedgerKeys = ReturnType<typeof ledgerKeys>;
