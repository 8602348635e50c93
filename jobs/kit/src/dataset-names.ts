const LONGEST = 120;

/**
 * Dataset names for tables or collections of any name, for a job run by hand: what no dataset name may hold becomes `_`, and a
 * name that is taken gets a number.
 */
export function nameDatasets<Dataset>(found: Iterable<readonly [name: string, dataset: Dataset]>): Record<string, Dataset> {
  const named: Record<string, Dataset> = {};
  for (const [full, dataset] of found) {
    const allowed = full.replace(/[^\p{L}\p{N}_.-]/gu, '_').replace(/^[.-]/, '_');
    // By code points, so that none is cut in half.
    const base = Array.from(allowed).slice(0, LONGEST).join('');
    let name = base;
    for (let n = 2; Object.hasOwn(named, name); n++) name = `${base}_${n}`;
    named[name] = dataset;
  }
  return named;
}
