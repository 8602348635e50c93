import { parseArgs } from 'node:util';
import { type Observation, complaintsOf, observe } from '../test/consistency/observe.ts';
import { SOURCES } from '../test/consistency/sources.ts';
import setUp from '../test/support/global-setup.ts';
import tearDown from '../test/support/global-teardown.ts';

const HELP = `npm run bench:consistency: files of two tables that others update and delete from while they are read.

Usage: npm run bench:consistency [-- options]
  --rows N      rows of both tables together (2000000)
  --source S    ${[...SOURCES.keys()].join(', ')}, or all (all)
  --json        lines of JSON and nothing else on stdout
  --help        this text

Starts the servers, and extracts by a real gateway and its containers to a real S3. Every account's balance is the sum of its movements,
in the files too, if the server keeps snapshots. The exit status is 1 if something is found.`;

const say = (line: string): void => console.error(line);

/** So many transfers, and so many deletions, must be committed while the files are read. */
const ENOUGH = 50;

/** What a snapshot is told by: LSN, GTIDs, binary log, cluster time. */
const POSITIONS = ['snapshot', 'lsn', 'gtidExecuted', 'binlog', 'gtidPosition', 'clusterTime'];

const interrupted = new AbortController();
process.once('SIGINT', () => {
  say('bench:consistency: interrupted; cleaning up');
  interrupted.abort(new Error('interrupted'));
});
try {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '2000000' },
      source: { type: 'string', default: 'all' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else if (!(await measure(numberOf(values.rows), namesOf(values.source), values.json))) process.exitCode = 1;
} catch (error) {
  say(`bench:consistency: ${(error as Error).message}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 2;
}
// Clients of Docker and S3 keep their connections, and with them this process, for minutes.
process.exit();

function numberOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--rows: "${text}" is no whole number above 0`);
  return Number(text);
}

function namesOf(source: string): string[] {
  if (source === 'all') return [...SOURCES.keys()];
  if (!SOURCES.has(source)) throw new Error(`--source: there is no "${source}"; there are: ${[...SOURCES.keys()].join(', ')}, all`);
  return [source];
}

/** False when something was found. */
async function measure(rows: number, names: readonly string[], json: boolean): Promise<boolean> {
  let found = 0;
  await setUp();
  try {
    for (const name of names) {
      const source = SOURCES.get(name);
      if (source === undefined) continue;
      const observation = await observe(source, rows, { say: (line) => say(`${name}: ${line}`), signal: interrupted.signal });
      const complaints = complaintsOf(observation, source, ENOUGH);
      found += complaints.length;
      console.log(json ? JSON.stringify({ source: name, ...summaryOf(observation), complaints }) : textOf(name, observation, complaints));
    }
  } finally {
    await tearDown();
  }
  return found === 0;
}

function summaryOf({ manifest, files, apart, ...rest }: Observation) {
  const { server, version } = manifest['source'] as { server: string; version: string };
  return { server, version, snapshot: manifest.snapshot, files, apart, ...rest };
}

function fixed(seconds: number): string {
  return seconds.toFixed(1);
}

function textOf(name: string, { manifest, files, apart, ...rest }: Observation, complaints: readonly string[]): string {
  const { server, version } = manifest['source'] as { server: string; version: string };
  const { consistency, takenAt } = manifest.snapshot;
  const position = POSITIONS.flatMap((key) => (key in manifest.snapshot ? [`${key} ${JSON.stringify(manifest.snapshot[key])}`] : []));
  return `${name} (${server} ${version})
  rows             ${files.accounts} accounts, ${files.movements} movements, in ${fixed(rest.seconds)} s
  written          ${rest.transfers} transfers and ${rest.replacements} deletions with insertions, committed in the ${fixed(rest.readSeconds)} s of reading
  snapshot         ${consistency}, ${takenAt}${position.length === 0 ? '; no position is told' : `; ${position.join(', ')}`}
  files            ${files.unbalanced} accounts out of balance, ${files.orphans} without account, ${files.excess} off the sum, ${files.halves} halves, ${files.doubles} doubles
  two plain reads  ${apart.unbalanced} accounts out of balance, ${apart.orphans} without account, ${apart.excess} off the sum
  ${complaints.length === 0 ? 'as it must be' : complaints.join('\n  ')}`;
}
