import { type Series, ratioOf, summaryOf } from './result.ts';

const HEAD = ['', 's', 'without start', 'MB/s', 'rows/s', 'peak MiB', '×'];

/** The results as text: a block for each table and sink, a line for each contender. `labels` says what the sinks are. */
export function textOf(all: readonly Series[], labels: Readonly<Record<string, string>>): string {
  const blocks = Map.groupBy(all, ({ source, table, sink, format }) => `${source} ${table.name} ${sink} ${format ?? 'csv'}`);
  return [...blocks.values()].map((block) => blockOf(block, labels)).join('\n\n');
}

function blockOf(block: readonly Series[], labels: Readonly<Record<string, string>>): string {
  const [first] = block;
  if (first === undefined) return '';
  const { source, table, sink, format } = first;
  const mb = summaryOf(block.find(({ role, samples }) => role === 'ours' && samples.length > 0) ?? first)?.mb ?? Number.NaN;
  const title = `${source}, ${table.name}: ${table.rows.toLocaleString('en')} rows, ${mb.toFixed(0)} MB${format === undefined ? '' : ' of Parquet'}, to ${labels[sink] ?? sink}`;
  const lines = [HEAD, ...block.map((one) => lineOf(block, one))];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (column === 0 || line.length === HEAD.length ? (line[column]?.length ?? 0) : 0))));
  const written = lines.map((line) => {
    const cells = line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
    return `  ${cells.join('  ')}`.trimEnd();
  });
  return [title, ...written].join('\n');
}

/** A cell for each column; of a contender that never came to its end, its name and why. */
function lineOf(block: readonly Series[], one: Series): string[] {
  const summary = summaryOf(one);
  if (summary === undefined) return [one.contender, `failed: ${one.failure?.trim().split('\n').at(-1)?.slice(0, 160) ?? 'no round'}`];
  const { seconds, within, mbPerSecond, rowsPerSecond, peakMiB } = summary;
  return [
    one.contender,
    seconds.toFixed(2),
    Number.isNaN(within) ? '' : within.toFixed(2),
    mbPerSecond.toFixed(0),
    Math.round(rowsPerSecond).toLocaleString('en'),
    peakMiB.toFixed(0),
    ratioOf(block, one)?.toFixed(2) ?? '',
  ];
}
