import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { SourceColumn } from '../jobs/kit/src/columns/value-type.ts';
import { PLAIN } from '../jobs/kit/src/csv/rules.ts';
import type { PlannedDataset } from '../jobs/kit/src/job.ts';
import { Losses } from '../jobs/kit/src/losses.ts';
import type { MaskKind } from '../jobs/kit/src/masks/mask.ts';
import { maskedDataset } from '../jobs/kit/src/masks/masked-dataset.ts';
import { writeCsv } from '../jobs/kit/src/write-csv.ts';

const HELP = `npm run bench:csv: what the bytes of a file cost between source and S3, without either.

Usage: npm run bench:csv [-- options]
  --mb N        megabytes of CSV that pass, each time (500)
  --rounds N    times that each way is measured; the median counts (3)
  --help        this text

Each way is held against the least that any file needs, its SHA-256, in the same run.`;

const { values } = parseArgs({
  options: { mb: { type: 'string', default: '500' }, rounds: { type: 'string', default: '3' }, help: { type: 'boolean', default: false } },
});

const COLUMNS: SourceColumn[] = [
  { name: 'id', sourceType: 'bigint', values: { kind: 'integer', bits: 64 } },
  { name: 'nombre', sourceType: 'text', values: { kind: 'text' } },
  { name: 'nota', sourceType: 'text', values: { kind: 'text' } },
  { name: 'importe', sourceType: 'numeric(12,2)', values: { kind: 'decimal', precision: 12, scale: 2 } },
  { name: 'alta', sourceType: 'timestamptz', values: { kind: 'datetime', zone: true } },
];

/** A chunk as COPY gives them, of whole records: digits, plain text, quoted text with a line break, a decimal and a date. */
function chunkOf(bytes: number): { chunk: Buffer; rows: number } {
  let text = '';
  let rows = 0;
  for (; text.length < bytes; rows++) {
    const nota = rows % 3 === 0 ? '' : rows % 3 === 1 ? `"dos ""líneas"",\nñ ${rows}"` : `una nota cualquiera ${rows}`;
    text += `${1_000_000 + rows},nombre del cliente ${rows},${nota},${rows}.50,2025-01-02 15:30:45.12345+00\n`;
  }
  return { chunk: Buffer.from(text), rows };
}

/** Seconds that a way takes for all chunks. */
async function timed(way: (chunk: Buffer, rows: number, times: number) => Promise<void>): Promise<number> {
  const { chunk, rows } = chunkOf(64 * 1024);
  const times = Math.ceil((Number(values.mb) * 1e6) / chunk.length);
  const started = performance.now();
  await way(chunk, rows, times);
  return (performance.now() - started) / 1000;
}

async function hashOnly(chunk: Buffer, _rows: number, times: number): Promise<void> {
  const sha256 = createHash('sha256');
  for (let n = 0; n < times; n++) sha256.update(chunk);
  sha256.digest();
}

function written(dialect = PLAIN, mask: Record<string, MaskKind> = {}) {
  return async (chunk: Buffer, rows: number, times: number): Promise<void> => {
    const source: PlannedDataset = {
      columns: COLUMNS,
      omittedColumns: [],
      read: () => ({
        rows: () => rows * times,
        async *[Symbol.asyncIterator]() {
          for (let n = 0; n < times; n++) yield chunk;
        },
      }),
    };
    const sha256 = createHash('sha256');
    const plan = maskedDataset('bench', source, mask, { MASK_SECRET: 'a secret of the bench' });
    await writeCsv('bench', plan, new Losses('bench', false), async (bytes) => void sha256.update(bytes), dialect);
    sha256.digest();
  };
}

const WAYS: [string, (chunk: Buffer, rows: number, times: number) => Promise<void>][] = [
  ['SHA-256 alone', hashOnly],
  ['as every file: counted, checked for UTF-8', written()],
  ['another dialect (;)', written({ ...PLAIN, delimiter: ';' })],
  ['another dialect, formulas guarded', written({ ...PLAIN, delimiter: ';', guardFormulas: true })],
  ['one column masked, partial', written(PLAIN, { nombre: 'partial' })],
  ['one column masked, hmac', written(PLAIN, { nombre: 'hmac' })],
];

if (values.help) console.log(HELP);
else {
  const seconds = new Map<string, number[]>(WAYS.map(([name]) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) for (const [name, way] of WAYS) seconds.get(name)?.push(await timed(way));
  const median = (name: string): number => (seconds.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(Number(values.rounds) / 2)] ?? NaN;
  const least = median(WAYS[0]?.[0] ?? '');
  console.log(`${values.mb} MB each, median of ${values.rounds}`);
  for (const [name] of WAYS)
    console.log(`${name.padEnd(44)} ${(Number(values.mb) / median(name)).toFixed(0).padStart(6)} MB/s  ×${(median(name) / least).toFixed(2)}`);
  console.log(`peak memory of the process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
}
