import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayLoad } from '../measure/gateway-load.ts';
import type { Start } from '../measure/start.ts';
import { chartOf, groupsOf } from './chart.ts';
import { goalLines } from './goals.ts';
import type { Machine } from './machine.ts';
import { gatewayLines, startLines } from './parts.ts';
import { type Series, growth, headlineRatios, parquetFigures, peaks } from './result.ts';
import { rounded } from './statistics.ts';
import { textOf } from './table.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** All that a run of the benchmark has found out. */
export interface Report {
  readonly machine: Machine;
  /** What the sinks are, by name. */
  readonly sinks: Readonly<Record<string, string>>;
  /** Of the servers. */
  readonly versions: Readonly<Record<string, string>>;
  /** Peers that can't be had here, with the reason. */
  readonly missing: Readonly<Record<string, string>>;
  readonly series: readonly Series[];
  readonly start?: Start;
  readonly gateway?: GatewayLoad;
  /** Of a gateway that has rested for ten seconds, before anything is measured. */
  readonly gatewayIdleBytes: number;
  /** Why parts came to no end, by name. */
  readonly failed: Readonly<Record<string, string>>;
}

/** The figures that count, by name. */
export interface Figures {
  readonly ratios: Readonly<Record<string, number>>;
  readonly discard: Readonly<Record<string, number>>;
  readonly growth: Readonly<Record<string, number>>;
  readonly peak_mib: Readonly<Record<string, number>>;
  /** In Parquet, by source: ours by the fastest tool, and our memory. */
  readonly parquet: ReturnType<typeof parquetFigures>;
  readonly gateway_idle_mb: number;
  readonly start?: Start;
  readonly gateway?: GatewayLoad;
  readonly failed: Readonly<Record<string, string>>;
}

/** The report's figures in one object, as `--json` prints them. */
export function figuresOf({ series, start, gateway, gatewayIdleBytes, failed }: Report): Figures {
  return {
    ratios: { ...headlineRatios(series, 's3'), ...(start === undefined ? {} : { start: start.ratio }) },
    discard: headlineRatios(series, 'discard'),
    growth: growth(series),
    peak_mib: peaks(series),
    parquet: parquetFigures(series),
    gateway_idle_mb: rounded(gatewayIdleBytes / 1e6, 1),
    ...(start === undefined ? {} : { start }),
    ...(gateway === undefined ? {} : { gateway }),
    failed,
  };
}

/** Writes the JSON and the chart of a run; `whole` if no part was left out. The chart in docs/ is of whole full runs of which no part failed. */
export async function write(report: Report, { quick, whole }: { quick: boolean; whole: boolean }) {
  const line = figuresOf(report);
  const folder = join(ROOT, 'bench/results');
  await mkdir(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const stem = join(folder, `${date}-${quick ? 'quick' : 'full'}${whole ? '' : '-part'}`);
  const { cpu, cores, memoryGiB } = report.machine;
  const chart = chartOf(
    groupsOf(report.series),
    `CSV to ${report.sinks['s3']}, medians; ${cores} cores (${cpu}), ${memoryGiB} GiB; ${date}, ${report.machine.commit}`,
  );
  const svg = whole && !quick && Object.keys(report.failed).length === 0 ? join(ROOT, 'docs/bench.svg') : `${stem}.svg`;
  await writeFile(`${stem}.json`, `${JSON.stringify({ date: new Date().toISOString(), quick, ...line, ...report }, undefined, 2)}\n`);
  await writeFile(svg, chart);
  return { files: [`${stem}.json`, svg], text: textOfReport(report), line };
}

function textOfReport(report: Report): string {
  const { machine, sinks, versions, missing, series, start, gateway, failed } = report;
  const figures = figuresOf(report);
  const { growth, gateway_idle_mb: idle, peak_mib: peaks, parquet } = figures;
  return [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Docker ${machine.docker}, commit ${machine.commit}${machine.changed ? ' and changes' : ''}`,
    ...rows(versions),
    '',
    textOf(series, sinks),
    '',
    "× is how many times as long the database's own client takes, in Parquet the fastest tool; seconds are from the POST, or the container's creation, to its end.",
    '',
    'peak memory of our job, MiB of its cgroup',
    ...rows(peaks),
    ...(Object.keys(parquet).length === 0 ? [] : ['in Parquet, by the fastest tool, and MiB', ...rows(mapped(parquet))]),
    ...(Object.keys(growth).length === 0 ? [] : ['time per row, largest narrow table by the next smaller', ...rows(growth)]),
    `gateway at rest: ${idle} MB in docker stats`,
    ...(start === undefined ? [] : startLines(start)),
    ...(gateway === undefined ? [] : gatewayLines(gateway)),
    ...(Object.keys(missing).length === 0 ? [] : ['missing', ...rows(missing)]),
    ...(Object.keys(failed).length === 0 ? [] : ['FAILED', ...rows(failed)]),
    '',
    'goals',
    ...goalLines(figures),
  ].join('\n');
}

function mapped(parquet: Figures['parquet']): Record<string, string> {
  return Object.fromEntries(Object.entries(parquet).map(([source, { ratio, peak_mib: peak }]) => [source, `× ${ratio ?? '–'}  ${peak}`]));
}

function rows(pairs: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(pairs).map(([name, value]) => `  ${name.padEnd(28)} ${String(value)}`);
}
