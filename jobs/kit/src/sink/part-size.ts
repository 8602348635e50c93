const MiB = 1024 * 1024;

/** S3's bound on the parts of one upload. */
export const MAX_PARTS = 10_000;

// Small parts first, so that small files are cheap; larger ones later, so that 10,000 of them hold about 300 GB.
const STEPS = [
  { upToPart: 1_000, bytes: 8 * MiB },
  { upToPart: 1_600, bytes: 16 * MiB },
  { upToPart: MAX_PARTS, bytes: 32 * MiB },
] as const;

/** What one object takes, which is one upload. */
export const MAX_OBJECT_BYTES = STEPS.reduce((bytes, step, n) => bytes + (step.upToPart - (STEPS[n - 1]?.upToPart ?? 0)) * step.bytes, 0);

/** Where a file ends at the latest and another one begins: about 294 GB, which leaves its last record 6.7 GB, more than any source has in a row. */
export const MAX_SPLIT_MIB = 280_000;

/** Size in bytes of the part with this number (the first is 1); undefined past S3's bound. */
export function partSize(partNumber: number): number | undefined {
  return STEPS.find((step) => partNumber <= step.upToPart)?.bytes;
}

/** Bytes of parts that are filled or on their way at once: it bounds the sink's memory, whatever the size of the parts. */
const BUFFERED_BYTES = 64 * MiB;
const MOST_IN_FLIGHT = 4;

/** How many parts of a size may be on their way at once, beside the one that is being filled. */
export function partsInFlight(bytes: number): number {
  return Math.min(MOST_IN_FLIGHT, Math.floor(BUFFERED_BYTES / bytes) - 1);
}
