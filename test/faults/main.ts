import { parseArgs } from 'node:util';
import setUp from '../support/global-setup.ts';
import tearDown from '../support/global-teardown.ts';
import { FAULTS, faultsOf } from './faults.ts';
import { Lab } from './lab.ts';
import { parsePoint } from './points.ts';
import { isClean, jsonOf, keep, linesOf, rowOf, totalsOf } from './report.ts';
import { type RoundOptions, type RoundResult, planRound, runRound } from './round.ts';

const HELP = `npm run faults: rounds of faults against a real gateway, with real Docker, S3 and PostgreSQL.

Usage: npm run faults [-- options]
  --rounds N        rounds (3)
  --from N          number of the first round, to repeat one (1)
  --seed S          what everything random follows from; the same seed hits the same points (1)
  --faults a,b      faults to go through in turn (gateway-kill), or all: ${[...FAULTS.keys()].join(', ')}
  --points a,b      points to go through in turn instead of planned ones, such as s3:PutOpen:after#3, docker:create:late#1,
                    job-s3:PutCommitKey:before#2 or random:1200ms
  --rate N          requests offered in a second (20)
  --load-seconds N  how long they are offered in each round (2)
  --json            a line of JSON for each round instead of a row
  --help            this text

The last line on stdout is one of JSON, with the sums. The exit status is 1 if lost, doubled, leftovers or partial_objects is not 0.`;

const say = (line: string): void => console.error(line);

interface Settings extends RoundOptions {
  readonly rounds: number;
  readonly from: number;
  readonly json: boolean;
}

/** Undefined when only help was asked for. Throws with what is wrong. */
function settings(): Settings | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: { rounds: text, from: text, seed: text, faults: text, points: text, rate: text, 'load-seconds': text, json: flag, help: flag },
  });
  if (values.help) return undefined;
  return {
    rounds: count('rounds', values.rounds ?? '3'),
    from: count('from', values.from ?? '1'),
    seed: count('seed', values.seed ?? '1'),
    faults: faultsOf(values.faults ?? 'gateway-kill'),
    points: values.points?.split(',').map(parsePoint),
    perSecond: count('rate', values.rate ?? '20'),
    loadSeconds: count('load-seconds', values['load-seconds'] ?? '2'),
    json: values.json,
  };
}

function count(name: string, text: string): number {
  if (!/^\d+$/.test(text) || Number(text) === 0) throw new Error(`--${name}: "${text}" is no whole number above 0`);
  return Number(text);
}

/** Runs the rounds; false when something was found. */
async function run(options: Settings, signal: AbortSignal): Promise<boolean> {
  const results: RoundResult[] = [];
  await setUp();
  let lab: Lab | undefined;
  try {
    lab = await Lab.start();
    for (let round = options.from; round < options.from + options.rounds; round++) {
      const result = await runRound(lab, planRound(round, options), signal);
      results.push(result);
      console.log(options.json ? jsonOf(result) : rowOf(result));
      const lines = linesOf(result);
      for (const line of lines) say(`  round ${round}: ${line}`);
      if (lines.length > 0) say(`  round ${round}: what clients and gateways said lies in ${keep(result)}`);
    }
  } finally {
    await lab?.stop();
    await tearDown();
  }
  const totals = totalsOf(results);
  console.log(JSON.stringify(totals));
  return isClean(totals);
}

const interrupted = new AbortController();
process.once('SIGINT', () => {
  say('faults: interrupted; cleaning up');
  interrupted.abort(new Error('interrupted'));
});
try {
  const options = settings();
  if (options === undefined) console.log(HELP);
  else if (!(await run(options, interrupted.signal))) process.exitCode = 1;
} catch (error) {
  say(`faults: ${(error as Error).message}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 2;
}
// Clients of Docker and S3 keep their connections, and with them this process, for minutes.
process.exit();
