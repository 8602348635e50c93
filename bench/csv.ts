import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Compression } from '@esclusa/contract';
import type { SourceColumn } from '../jobs/kit/src/columns/value-type.ts';
import { PLAIN } from '../jobs/kit/src/csv/rules.ts';
import type { PlannedDataset } from '../jobs/kit/src/job.ts';
import { Losses } from '../jobs/kit/src/losses.ts';
import type { MaskKind } from '../jobs/kit/src/masks/mask.ts';
import { maskedDataset } from '../jobs/kit/src/masks/masked-dataset.ts';
import { Compressor } from '../jobs/kit/src/sink/compressor.ts';
import { oneFile } from '../jobs/kit/src/testing/one-file.ts';
import { writeCsv } from '../jobs/kit/src/write-csv.ts';

const HELP = `npm run bench:csv: what the bytes of a file cost between source and S3, without either.

Usage: npm run bench:csv [-- options]
  --mb N        megabytes of CSV that pass, each time (500)
  --rounds N    times that each way is measured; the median counts (3)
  --only TEXT   the ways whose names hold this text, beside the first (all)
  --help        this text

Each way is held against the least that any file needs, its SHA-256, in the same run.`;

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '500' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

const COLUMNS: SourceColumn[] = [
  { name: 'id', sourceType: 'bigint', values: { kind: 'integer', bits: 64 } },
  { name: 'nombre', sourceType: 'text', values: { kind: 'text' } },
  { name: 'nota', sourceType: 'text', values: { kind: 'text' } },
  { name: 'importe', sourceType: 'numeric(12,2)', values: { kind: 'decimal', precision: 12, scale: 2 } },
  { name: 'alta', sourceType: 'timestamptz', values: { kind: 'datetime', zone: true } },
];

/** Chunks that come again and again; all of them are more than a compressor remembers, or it would find each one in the one before. */
const CHUNKS = 256;

/** Chunks as COPY gives them. */
interface Chunks {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly rows: number;
}

function chunksOf(bytes: number): Chunks {
  const chunks: Buffer[] = [];
  let rows = 0;
  while (chunks.length < CHUNKS) {
    const next = chunkOf(bytes, rows);
    chunks.push(next.chunk);
    rows = next.rows;
  }
  return { chunks, bytes: chunks.reduce((sum, { length }) => sum + length, 0), rows };
}

/** A chunk of whole records: digits, plain text, quoted text with a line break, a text that no two rows share, a decimal and a date. */
function chunkOf(bytes: number, from: number): { chunk: Buffer; rows: number } {
  let text = '';
  let rows = from;
  for (; text.length < bytes; rows++) {
    const nota = rows % 3 === 0 ? '' : rows % 3 === 1 ? `"dos ""líneas"",\nñ ${rows}"` : `pedido ${createHash('md5').update(String(rows)).digest('hex')}`;
    text += `${1_000_000 + rows},nombre del cliente ${rows},${nota},${rows}.50,2025-01-02 15:30:45.12345+00\n`;
  }
  return { chunk: Buffer.from(text), rows };
}

const given = chunksOf(64 * 1024);
const times = Math.ceil((Number(values.mb) * 1e6) / given.bytes);

/** Passes all chunks, as often as it takes. */
type Way = () => Promise<void>;

/** Seconds that a way takes for all chunks: by the clock, and of the processor, which others' work makes no longer. */
async function timed(way: Way): Promise<{ clock: number; processor: number }> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await way();
  const { user, system } = process.cpuUsage(used);
  return { clock: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
}

async function hashOnly(): Promise<void> {
  const sha256 = createHash('sha256');
  for (let n = 0; n < times; n++) for (const chunk of given.chunks) sha256.update(chunk);
  sha256.digest();
}

function written(dialect = PLAIN, mask: Record<string, MaskKind> = {}, compression?: Compression): Way {
  return async () => {
    const source: PlannedDataset = {
      columns: COLUMNS,
      omittedColumns: [],
      read: () => ({
        rows: () => given.rows * times,
        async *[Symbol.asyncIterator]() {
          for (let n = 0; n < times; n++) yield* given.chunks;
        },
      }),
    };
    const sha256 = createHash('sha256');
    const plan = maskedDataset('bench', source, mask, { MASK_SECRET: 'a secret of the bench' });
    const object = { write: async (bytes: Uint8Array) => void sha256.update(bytes) };
    const compressor = compression === undefined ? undefined : new Compressor(compression, object);
    const output = oneFile((bytes) => (compressor ?? object).write(bytes));
    await writeCsv('bench', plan, new Losses('bench', false), output, dialect);
    await compressor?.finish();
    sha256.digest();
  };
}

const WAYS: [string, Way][] = [
  ['SHA-256 alone', hashOnly],
  ['as every file: counted, checked for UTF-8', written()],
  ['another dialect (;)', written({ ...PLAIN, delimiter: ';' })],
  ['another dialect, formulas guarded', written({ ...PLAIN, delimiter: ';', guardFormulas: true })],
  ['one column masked, partial', written(PLAIN, { nombre: 'partial' })],
  ['one column masked, hmac', written(PLAIN, { nombre: 'hmac' })],
  ['compressed by gzip', written(PLAIN, {}, 'gzip')],
  ['compressed by zstd', written(PLAIN, {}, 'zstd')],
];

if (values.help) console.log(HELP);
else {
  const ways = WAYS.filter(([name], index) => index === 0 || name.includes(values.only));
  const seconds = new Map<string, { clock: number; processor: number }[]>(ways.map(([name]) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) for (const [name, way] of ways) seconds.get(name)?.push(await timed(way));
  const median = (name: string, of: 'clock' | 'processor'): number =>
    (seconds.get(name) ?? []).map((each) => each[of]).toSorted((a, b) => a - b)[Math.floor(Number(values.rounds) / 2)] ?? NaN;
  const least = median(WAYS[0]?.[0] ?? '', 'clock');
  const mb = (given.bytes * times) / 1e6;
  console.log(`${mb.toFixed(0)} MB each, median of ${values.rounds}`);
  for (const [name] of ways) {
    const [clock, processor] = [median(name, 'clock'), median(name, 'processor')];
    const perGigabyte = (processor / mb) * 1000;
    console.log(
      `${name.padEnd(44)} ${(mb / clock).toFixed(0).padStart(6)} MB/s  ×${(clock / least).toFixed(2)}  ${perGigabyte.toFixed(1).padStart(6)} s of CPU per GB`,
    );
  }
  console.log(`peak memory of the process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
}
