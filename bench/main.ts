import { parseArgs } from 'node:util';
import { type Part, PARTS, partsOf } from './only.ts';
import { Laboratory } from './lab/laboratory.ts';
import { write } from './report/write.ts';
import { runAll } from './run-all.ts';

const HELP = `npm run bench: ours, through the gateway and the job's container to S3, against the databases' own clients and other tools.

Usage: npm run bench [-- options]
  --quick       small data, few rounds: under five minutes where the images are built
  --only LIST   of ${PARTS.join(',')}
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

Builds its data, measures all contenders in turns, and prints medians, ratios, throughput and memory. Writes bench/results/<date>-<full|quick>.json, and
an SVG chart: docs/bench.svg for a whole full run, beside the JSON else. A part that fails is told, and the others are measured all the same; the exit status
is then 1. MONGOEXPORT names a mongoexport, if it is not on the PATH. docs/bench.md says more.`;
const EX_USAGE = 64;

const began = performance.now();
const say = (line: string): void => console.error(`[${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s] ${line}`);

let options: { quick: boolean; json: boolean; parts: Part[] } | undefined;
try {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else options = { quick: values.quick, json: values.json, parts: partsOf(values.only) };
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = EX_USAGE;
}
if (options !== undefined) process.exit(await measure(options));

/** Resolves with the exit status. */
async function measure({ quick, json, parts }: { quick: boolean; json: boolean; parts: Part[] }): Promise<number> {
  const lab = new Laboratory(say);
  const aborting = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say(`${signal}: cleaning up`);
      aborting.abort(new Error(`ended by ${signal}`));
      // What still runs fails when its containers go; nobody waits for it any more.
      void lab.close().finally(() => process.exit(130));
    });
  }
  try {
    const report = await runAll(lab, parts, { quick, log: say, signal: aborting.signal });
    const { files, text, line } = await write(report, { quick, whole: parts.length === PARTS.length });
    for (const file of files) say(`wrote ${file}`);
    if (!json) console.log(text);
    console.log(JSON.stringify(line));
    return Object.keys(report.failed).length === 0 ? 0 : 1;
  } catch (error) {
    say(`bench: ${(error as Error).message}`);
    return 1;
  } finally {
    await lab.close();
  }
}
