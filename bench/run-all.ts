import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../scripts/setup/command.ts';
import type { Laboratory } from './lab/laboratory.ts';
import { usedMemory } from './lab/memory.ts';
import { measure } from './measure/rounds.ts';
import { type StartRatio, measureStart } from './measure/start.ts';
import type { Part } from './only.ts';
import { pythonPeers } from './peers/python.ts';
import { stepsOf } from './plan.ts';
import { describeMachine } from './report/machine.ts';
import type { Series } from './report/result.ts';
import type { Report } from './report/write.ts';
import { startMongodb, startMongodbReplay } from './sources/mongodb.ts';
import { startMysql } from './sources/mysql.ts';
import { startPostgresql } from './sources/postgresql.ts';
import type { SourceName, StartSource } from './sources/source.ts';

const REST_MS = 10_000;
const START_ROUNDS = { quick: 5, full: 30 };

const SOURCES: Readonly<Record<SourceName, StartSource>> = {
  postgresql: startPostgresql,
  mysql: (lab, tables, log) => startMysql('mysql', lab, tables, log),
  mariadb: (lab, tables, log) => startMysql('mariadb', lab, tables, log),
  mongodb: startMongodb,
  mongodb_replay: startMongodbReplay,
};

/** Runs the parts that are wanted, one source after the other, so that no two servers stand in each other's way. */
export async function runAll(lab: Laboratory, parts: readonly Part[], quick: boolean, log: Log): Promise<Report> {
  const machine = await describeMachine();
  const stations = await lab.open();
  const series: Series[] = [];
  const versions: Record<string, string> = {};
  const missing: Record<string, string> = {};
  log('the gateway rests');
  await sleep(REST_MS);
  const gatewayIdleBytes = await usedMemory(stations[0]?.gateway.name ?? '');

  for (const name of parts.filter((part) => part !== 'start')) {
    const steps = stepsOf(name, quick);
    if (steps.length === 0) continue;
    const source = await SOURCES[name](
      lab.containers,
      steps.map(({ table }) => table),
      log,
    );
    versions[name] = source.version;
    Object.assign(missing, source.missing);
    const withTools = source.tools !== undefined && steps.some(({ toolRounds = 0 }) => toolRounds > 0);
    const tools = withTools ? await pythonPeers(source.tools, log) : { peers: [], missing: {} };
    Object.assign(missing, tools.missing);
    for (const step of steps) series.push(...(await measure(name, source, tools.peers, step, stations, log)));
    await source.stop();
  }
  let start: StartRatio | undefined;
  const [real] = stations;
  if (parts.includes('start') && real !== undefined) start = await measureStart(lab, real, quick ? START_ROUNDS.quick : START_ROUNDS.full, log);
  const sinks = Object.fromEntries(stations.map(({ sink }) => [sink.name, sink.label]));
  return { machine, sinks, versions, missing, series, start, gatewayIdleBytes };
}
