/** Length of the run id's suffix in keys; the end of a UUIDv7 is its random part. */
const SUFFIX_LENGTH = 8;

/**
 * Keys of one attempt: `<destination>/<dataset>_<stamp>.csv` for the one that reserved the second, and with the end of the run's
 * id behind it for any other of the same second.
 */
export function dataKeys(destination: string, datasets: readonly string[], stamp: string, run: string, reserved: boolean): Record<string, string> {
  const suffix = reserved ? '' : `_${run.slice(-SUFFIX_LENGTH)}`;
  return Object.fromEntries(datasets.map((dataset) => [dataset, `${destination}/${dataset}_${stamp}${suffix}.csv`]));
}
