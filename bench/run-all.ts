import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../scripts/setup/command.ts';
import { eachPart } from './each-part.ts';
import type { Laboratory, Station } from './lab/laboratory.ts';
import { usedMemory } from './lab/memory.ts';
import { type GatewayLoad, measureGateway } from './measure/gateway-load.ts';
import { measure } from './measure/rounds.ts';
import { type Start, measureStart } from './measure/start.ts';
import type { Part } from './only.ts';
import { pythonPeers } from './peers/python.ts';
import { loadOf, startRounds, stepsOf } from './plan.ts';
import { describeMachine } from './report/machine.ts';
import type { Series } from './report/result.ts';
import type { Report } from './report/write.ts';
import { startMongodb, startMongodbReplay } from './sources/mongodb.ts';
import { startMysql } from './sources/mysql.ts';
import { startPostgresql } from './sources/postgresql.ts';
import type { SourceName, StartSource } from './sources/source.ts';

const REST_MS = 10_000;

const SOURCES: Readonly<Record<SourceName, StartSource>> = {
  postgresql: startPostgresql,
  mysql: (lab, tables, log) => startMysql('mysql', lab, tables, log),
  mariadb: (lab, tables, log) => startMysql('mariadb', lab, tables, log),
  mongodb: startMongodb,
  mongodb_replay: startMongodbReplay,
};

/** How a run of the benchmark goes. */
export interface RunOptions {
  readonly quick: boolean;
  readonly log: Log;
  /** Once it is aborted nothing more is begun. */
  readonly signal: AbortSignal;
}

/** What has been found out so far. */
interface Found {
  readonly series: Series[];
  readonly versions: Record<string, string>;
  readonly missing: Record<string, string>;
  start?: Start;
  gateway?: GatewayLoad;
}

/** Runs the parts that are wanted, one after the other, so that no two servers stand in each other's way; those that fail are named in the report. */
export async function runAll(lab: Laboratory, parts: readonly Part[], { quick, log, signal }: RunOptions): Promise<Report> {
  const machine = await describeMachine();
  const stations = await lab.open();
  const found: Found = { series: [], versions: {}, missing: {} };
  log('the gateway rests');
  await sleep(REST_MS);
  const gatewayIdleBytes = await usedMemory(stations.s3.gateway.name);

  const measurePart = async (part: Part): Promise<void> => {
    if (part === 'start') found.start = await measureStart(lab, stations.s3, startRounds(quick), log);
    else if (part === 'gateway') found.gateway = await measureGateway(lab, stations.s3.sink, loadOf(quick), log);
    else await measureSource(part, lab, Object.values(stations), quick, found, log);
  };
  const failed = await eachPart(parts, measurePart, { tidy: () => lab.tidy(), signal, log });
  const sinks = Object.fromEntries(Object.values(stations).map(({ sink }) => [sink.name, sink.label]));
  return { machine, sinks, gatewayIdleBytes, ...found, failed };
}

/** Measures a source's tables; what has come to its end before one of them failed is found all the same. */
async function measureSource(
  name: SourceName,
  lab: Laboratory,
  stations: readonly Station[],
  quick: boolean,
  { series, versions, missing }: Found,
  log: Log,
): Promise<void> {
  const steps = stepsOf(name, quick);
  if (steps.length === 0) return;
  const source = await SOURCES[name](lab.containers, [...new Map(steps.map(({ table }) => [table.name, table])).values()], log);
  try {
    versions[name] = source.version;
    Object.assign(missing, source.missing);
    const withTools = source.tools !== undefined && steps.some(({ toolRounds = 0 }) => toolRounds > 0);
    const tools = withTools ? await pythonPeers(source.tools, log) : { peers: [], missing: {} };
    Object.assign(missing, tools.missing);
    for (const step of steps) series.push(...(await measure(name, source, tools.peers, step, stations, log)));
  } finally {
    await source.stop();
  }
}
