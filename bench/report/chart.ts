import { type Series, ratioOf, summaryOf } from './result.ts';

/** A bar: megabytes a second, and how that compares with the database's own client. */
export interface Bar {
  readonly label: string;
  readonly ours: boolean;
  readonly mbPerSecond: number;
  readonly ratio: number | undefined;
}

/** Bars that belong together, under one title. */
export interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 130;
const BAR = 20;
const GAP = 6;
const TITLE = 34;
const TOP = 12;
const FOOT = 34;

const TITLES: Readonly<Record<string, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  mongodb_replay: 'MongoDB (replayed from memory)',
};

/** The groups of a chart: each source's headline table into the real S3. Compressed files are left out: their bytes are others. */
export function groupsOf(all: readonly Series[]): Group[] {
  const shown = all.filter(
    (one) => one.headline && one.sink === 's3' && one.compression === undefined && one.format === undefined && TITLES[one.source] !== undefined,
  );
  return [...Map.groupBy(shown, ({ source }) => source)].map(([source, series]) => ({
    title: `${TITLES[source]}, ${series[0]?.table.rows.toLocaleString('en')} ${series[0]?.table.shape === 'documents' ? 'documents' : 'rows'}`,
    bars: series.flatMap((one) => {
      const summary = summaryOf(one);
      return summary === undefined ? [] : [{ label: one.contender, ours: one.role === 'ours', mbPerSecond: summary.mbPerSecond, ratio: ratioOf(series, one) }];
    }),
  }));
}

/** A chart as SVG; its colours follow the reader's light or dark theme. */
export function chartOf(groups: readonly Group[], foot: string): string {
  const longest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ mbPerSecond }) => mbPerSecond)));
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  let y = TOP;
  const parts: string[] = [];
  for (const { title, bars } of groups) {
    parts.push(`<text class="title" x="0" y="${y + 20}">${escape(title)}</text>`);
    y += TITLE;
    for (const { label, ours, mbPerSecond, ratio } of bars) {
      const width = Math.max(1, Math.round(mbPerSecond * scale));
      const told = `${mbPerSecond.toFixed(0)} MB/s${ratio === undefined || !ours ? '' : `, ×${ratio.toFixed(2)}`}`;
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${escape(label)}</text>`,
        `<rect class="${ours ? 'ours' : 'peer'}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
        `<text x="${LEFT + width + 8}" y="${y + 15}">${told}</text>`,
      );
      y += BAR + GAP;
    }
    y += GAP;
  }
  const height = y + FOOT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Megabytes of CSV a second, database to S3">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.foot { font-size: 11px; fill: #59636e }
.ours { fill: #0969da }
.peer { fill: #9aa4af }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .foot { fill: #9198a1 } .ours { fill: #4493f8 } .peer { fill: #656c76 } }
</style>
${parts.join('\n')}
<text class="foot" x="0" y="${height - 12}">${escape(foot)}</text>
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
