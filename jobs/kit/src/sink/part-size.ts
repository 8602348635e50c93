const MiB = 1024 * 1024;

/** S3's bound on the parts of one upload. */
export const MAX_PARTS = 10_000;

// Small parts first, so that small files are cheap; larger ones later, so that 10,000 of them hold about 250 GB.
const STEPS = [
  { upToPart: 1_000, bytes: 8 * MiB },
  { upToPart: 4_000, bytes: 16 * MiB },
  { upToPart: MAX_PARTS, bytes: 32 * MiB },
] as const;

/** Size in bytes of the part with this number (the first is 1); undefined past S3's bound. */
export function partSize(partNumber: number): number | undefined {
  return STEPS.find((step) => partNumber <= step.upToPart)?.bytes;
}
