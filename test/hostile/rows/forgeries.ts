import { eventually } from '../../support/docker.ts';
import { keyOf } from '../../support/s3.ts';
import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';
import { wordsOf } from '../support/ask.ts';
import { type JobRow, type Told, jobRow, limits } from './of-job.ts';

const BROKEN = '502 JOB_CONTRACT_BROKEN';
const FOREIGN = /someone-elses-bucket|169\.254|javascript:|salaries/;

/** Alterations of a manifest that are none of what was asked. */
const ALTERED: Readonly<Record<string, string>> = {
  'not-json': 'text that is no JSON',
  empty: 'nothing',
  null: 'null',
  array: 'an array',
  half: 'half of the manifest',
  'no-fields': 'a state and nothing else',
  'other-state': 'an unknown state',
  'other-contract': 'another contract version',
  'other-run': 'the manifest of another run',
  'other-attempt': 'the manifest of another attempt',
  'other-pipeline': 'the manifest of another pipeline',
  'other-job': 'the manifest of another job',
  'other-token': 'a token that its files do not bear',
  'foreign-dataset': 'a dataset that nobody asked for',
  'more-datasets': 'a dataset more than was asked for',
  'missing-dataset': 'a dataset less than was asked for',
  'doubled-dataset': 'a dataset twice',
  'dotted-path': 'a path with ../',
  'ledger-path': "a path in the gateway's ledger",
  'other-bucket': 'a URL in another bucket',
  'url-not-path': 'a URL that is not the path',
  'http-url': 'a URL of the cloud’s metadata service',
  'script-url': 'a URL that is a script',
  'wrong-size': 'a size that the file has not',
  'part-key': 'the key of a second file as the first',
  'sidecar-key': 'a longer key beside its own',
  'negative-lossy': 'a negative count',
  'huge-rows': '1e300 rows',
  'proto-resource': 'a resource named __proto__',
  dense: 'JSON of three million values',
  deep: 'JSON nested 100,000 deep',
  'many-resources': '100,000 resources',
  'many-files': '9,999 files in one dataset',
  'two-files-none-there': 'two files that are not there',
  'empty-resources': '120,000 resources that say nothing',
  'number-columns': '300,000 columns that are numbers',
  'empty-files': '60,000 files that say nothing',
  'number-paths': '300,000 paths that are numbers',
  'many-names': '380,000 fields with different names',
  'large-state': 'a state of 1.2 MB',
  aborted: 'that it is aborted',
};

const TWO = [{ do: 'forge' }, { do: 'honest' }];
const altered: JobRow[] = Object.entries(ALTERED).map(([forge, what]) => ({
  name: `the commit key says ${what}`,
  options: TWO.map((options, at) => (at === 0 ? { ...options, forge } : options)),
  answered: BROKEN,
}));

const others: JobRow[] = [
  {
    name: 'the commit key says states of 31 KB in each of 150 datasets',
    options: Array.from({ length: 150 }, () => ({ do: 'forge', forge: 'states' })),
    answered: BROKEN,
  },
  { name: 'a manifest, and no file', options: { do: 'no-file' }, answered: BROKEN },
  { name: 'files that bear no mark', options: { do: 'no-mark' }, answered: BROKEN },
  { name: "files that bear another start's token", options: { do: 'other-mark', mark: { token: 'x' } }, answered: BROKEN },
  {
    name: 'a manifest of 90 MiB',
    options: { do: 'forge', forge: 'huge' },
    yaml: limits({ memoryMiB: 700 }),
    answered: BROKEN,
  },
  { name: 'a manifest that is compressed, as its metadata says', options: { do: 'gzip' }, answered: BROKEN },
  { name: 'a snapshot of 1970', options: { do: 'forge', forge: 'taken-1970' }, answered: '200' },
  { name: 'another decision over the first, before the result line', options: { do: 'twice', second: 'other-bucket', when: 'before' }, answered: BROKEN },
  {
    name: 'another decision over the first, after the result line',
    options: { do: 'twice', second: 'other-bucket', when: 'later' },
    answered: /^(200|502 JOB_CONTRACT_BROKEN)$/,
    further: tellsNothingForged,
  },
  {
    name: '`aborted` over its manifest',
    options: { do: 'twice', second: 'aborted', when: 'later' },
    answered: /^(200|502 JOB_CONTRACT_BROKEN)$/,
    further: tellsNothingForged,
  },
  { name: 'its manifest over `aborted`', options: { do: 'aborted-then-manifest' }, answered: /^(200|502 JOB_CONTRACT_BROKEN)$/ },
  { name: 'a decision that it deletes', options: { do: 'deleted' }, answered: BROKEN },
  { name: 'of 1,201 uploads that it leaves open', options: { do: 'uploads' }, answered: '200' },
  { name: '20 objects beside its file that its manifest does not name', options: { do: 'litter' }, answered: '200' },
];

async function tellsNothingForged(stage: Stage, { run, text }: Told): Promise<string | undefined> {
  const later = await stage.ask('GET', `/api/runs/${run}`);
  return FOREIGN.test(text + later.text) ? 'what is forged is told' : undefined;
}

/** The instants that a source's clock may name must not keep a pipeline's latest manifest where it is. */
function fromTheFuture(forge: string, name: string): Row {
  return {
    name,
    answered: '200; then 200; latest is the newest',
    act: async (stage) => {
      const first = await stage.evil({ do: 'forge', forge });
      await stage.gateway.writePipeline(first.pipeline, 'job: evil\ndatasets:\n  d: { do: honest }\n');
      const second = await stage.ask('POST', `/api/ingesta/${first.pipeline}`);
      const run = String(second.body['run']);
      stage.runs.push(run);
      const latest = async (): Promise<string> => stage.bucket.text(`_esclusa/latest/${first.pipeline}.json`).catch(() => '');
      const moved = await eventually('latest', async () => (await latest()).includes(run), 5).catch(() => false);
      return [wordsOf(first), `then ${wordsOf(second)}`, moved ? 'latest is the newest' : 'latest is stuck'].join('; ');
    },
  };
}

/** Names the file of an honest run as its own. */
const stolen: Row = {
  name: 'the file of another run as its own',
  answered: BROKEN,
  act: async (stage) => {
    const honest = await stage.ask('POST', '/api/ingesta/honest');
    const { url = '' } = (honest.body['result'] as Record<string, { url: string }>)['productos'] ?? {};
    return wordsOf(await stage.evil({ do: 'other-key', key: keyOf(url) }));
  },
};

/** A job whose decision is none, or not its own. */
export const FORGERIES: Row[] = [
  ...[...altered, ...others].map(jobRow),
  stolen,
  fromTheFuture('taken-2099', 'a snapshot of 2099, and then an honest run'),
  fromTheFuture('created-2099', 'a manifest created in 2099, and then an honest run'),
];
