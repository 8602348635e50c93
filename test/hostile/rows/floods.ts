import { stack } from '../../support/stack.ts';
import { MASK_SECRET } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { type JobRow, type Told, jobRow } from './of-job.ts';
import { pieces } from './spellings.ts';

const LINE_LIMIT = 160 * 1024;
// Characters that a terminal obeys: all control characters except line feed and tab, and those of Latin-1.
// oxlint-disable-next-line no-control-regex -- control characters are exactly what must not be there
const ESCAPES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

async function shortEnough(_stage: Stage, { text }: Told): Promise<string | undefined> {
  return text.length <= LINE_LIMIT ? undefined : `an answer of ${Math.round(text.length / 1024)} KiB`;
}

async function ofAskedDatasetsAlone(stage: Stage, { run }: Told): Promise<string | undefined> {
  const { body, text } = await stage.ask('GET', `/api/runs/${run}`);
  const { datasets = {} } = (body['progress'] ?? {}) as { datasets?: object };
  const foreign = Object.keys(datasets).filter((name) => name !== 'd');
  return foreign.length === 0 && text.length <= LINE_LIMIT ? undefined : `progress of ${foreign.length} foreign datasets`;
}

async function safeForTerminals(stage: Stage, { run }: Told): Promise<string | undefined> {
  const { text, headers } = await stage.ask('GET', `/api/runs/${run}/logs`, undefined, { Accept: 'text/plain' });
  if (!text.includes('red')) return 'the log is lost';
  if (ESCAPES.test(text)) return 'the log has escape sequences';
  return headers['x-content-type-options'] === 'nosniff' ? undefined : 'the log may be sniffed';
}

async function noSecretAnywhere(stage: Stage, { run, text }: Told): Promise<string | undefined> {
  const places: Record<string, string> = {
    answer: text,
    log: (await stage.ask('GET', `/api/runs/${run}/logs`)).text,
    run: (await stage.ask('GET', `/api/runs/${run}`)).text,
    'gateway log': stage.gateway.log.join('\n'),
  };
  for (const key of await stage.bucket.keys('_esclusa/')) if (key.includes(run)) places[key.replace(run, '…')] = await stage.bucket.text(key).catch(() => '');
  const found = [MASK_SECRET, stack().s3.secretAccessKey].flatMap((secret) =>
    Object.entries(pieces(secret)).flatMap(([spelling, piece]) => {
      const where = Object.entries(places).flatMap(([place, content]) => (content.includes(piece) ? [place] : []));
      return where.length === 0 ? [] : [`${secret.slice(0, 9)}… ${spelling} in ${where.join(', ')}`];
    }),
  );
  return found.length === 0 ? undefined : found.join(' / ');
}

const rows: JobRow[] = [
  { name: '500 progress lines of 200 KB, each with another dataset', options: { do: 'progress-huge' }, answered: '200', further: ofAskedDatasetsAlone },
  { name: 'progress of 20,000 datasets that nobody asked for', options: { do: 'progress-names' }, answered: '200', further: ofAskedDatasetsAlone },
  { name: 'progress of datasets named __proto__ and constructor', options: { do: 'progress-prototype' }, answered: '200', further: ofAskedDatasetsAlone },
  { name: '100 MiB of stdout without a line end', options: { do: 'no-line-ends' }, answered: '200' },
  { name: '60 MiB of lines of 250 KB', options: { do: 'long-lines' }, answered: '200' },
  { name: 'lines of JSON that is nested 100,000 deep', options: { do: 'deep-json' }, answered: '200' },
  { name: '300 events with names of 100 KB, 20,000 times "connected"', options: { do: 'events' }, answered: '200' },
  { name: 'half a million result lines', options: { do: 'results' }, answered: '200' },
  { name: '100 result lines of 3,000 datasets each', options: { do: 'results-huge' }, answered: '200', further: shortEnough },
  { name: 'invalid UTF-8 and NULs on both streams', options: { do: 'bytes' }, answered: '200' },
  { name: 'escape sequences for a terminal, and HTML', options: { do: 'terminal' }, answered: '200', further: safeForTerminals },
  {
    name: 'an error line with a message of 1 MB',
    options: { do: 'error-message' },
    answered: /^502 (SOURCE_REFUSED|JOB_CONTRACT_BROKEN|JOB_FAILED)$/,
    further: shortEnough,
  },
  {
    name: 'an error line with 5,000 details',
    options: { do: 'error-details-huge' },
    answered: /^502 (SOURCE_REFUSED|JOB_CONTRACT_BROKEN|JOB_FAILED)$/,
    further: shortEnough,
  },
  {
    name: 'an error line with details nested 50,000 deep',
    options: { do: 'error-details-deep' },
    answered: /^502 (SOURCE_REFUSED|JOB_CONTRACT_BROKEN|JOB_FAILED)$/,
  },
  { name: 'an error line with details named __proto__', options: { do: 'error-details-prototype' }, answered: /^502 (SOURCE_REFUSED|JOB_FAILED)$/ },
  // A code of the gateway's own must not make the gateway say of itself, or of its caller, what only it can know.
  { name: "an error line with the gateway's own code UNAUTHORIZED", options: { do: 'error-code', code: 'UNAUTHORIZED' }, answered: /^502 / },
  { name: "an error line with the gateway's own code INTERNAL", options: { do: 'error-code', code: 'INTERNAL' }, answered: /^502 / },
  { name: "an error line with the gateway's own code JOB_CANCELLED", options: { do: 'error-code', code: 'JOB_CANCELLED' }, answered: /^502 / },
  {
    name: 'its secrets in 15 spellings, in halves, and across the cut of a long line',
    options: { do: 'leak' },
    answered: '502 SOURCE_REFUSED',
    further: noSecretAnywhere,
  },
];

/** A job that says more than anybody can hold. */
export const FLOODS = rows.map(jobRow);
