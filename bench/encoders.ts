import { parseArgs } from 'node:util';
import { cellsOf } from './encoders/cells.ts';
import { WAYS } from './encoders/ways.ts';

const HELP = `npm run bench:encoders: every encoder of CSV against csv-stringify, on very many generated cells.

Usage: npm run bench:encoders [-- options]
  --cells N     cells for each encoder (10000000)
  --seed N      of the generator: the same seed, the same cells (1)
  --help        this text

Each encoder is given the same table of nasty values the way its source gives them, cut at random places; what it writes must be, byte for byte, what csv-stringify writes
of the values. Ends with status 1 at the first difference, and shows it.`;

const ROWS = 1_000;

const { values } = parseArgs({
  options: { cells: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } },
});

/** Where two texts part, for people. */
function difference(found: Buffer, expected: Buffer): string {
  let at = 0;
  while (at < found.length && found[at] === expected[at]) at++;
  const part = (text: Buffer): string => JSON.stringify(text.subarray(Math.max(0, at - 40), at + 40).toString());
  return `at byte ${at} of ${expected.length}: ${part(found)} instead of ${part(expected)}`;
}

async function compare(): Promise<void> {
  for (const way of WAYS) {
    const random = cellsOf(Number(values.seed));
    const started = performance.now();
    let cells = 0;
    let bytes = 0;
    while (cells < Number(values.cells)) {
      const { rows, expected, count } = way.table(random, ROWS);
      const found = await way.write(rows, random);
      if (!found.equals(expected)) throw new Error(`${way.name}, after ${cells} cells with seed ${values.seed}: ${difference(found, expected)}`);
      cells += count;
      bytes += expected.length;
    }
    console.log(`${way.name.padEnd(56)} ${cells} cells, ${Math.round(bytes / 1e6)} MB: equal (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  }
}

if (values.help) console.log(HELP);
else
  await compare().catch((error: Error) => {
    console.error(`bench:encoders: ${error.message}`);
    process.exitCode = 1;
  });
