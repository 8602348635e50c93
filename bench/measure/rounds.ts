import type { Log } from '../../scripts/setup/command.ts';
import type { Station } from '../lab/laboratory.ts';
import type { Sink } from '../lab/sinks.ts';
import type { LabGateway } from '../lab/start-gateway.ts';
import { type Peer, runPeer } from '../peers/peer.ts';
import type { Step } from '../plan.ts';
import type { Role, Series } from '../report/result.ts';
import { type OurWay, type SourceName, type StartedSource, waysOf } from '../sources/source.ts';
import { runOurs } from './ours.ts';
import type { Sample } from './sample.ts';

/** Who takes part: what it is called, how one round of it goes, and in how many rounds. */
interface Contender {
  readonly name: string;
  readonly role: Role;
  readonly way?: OurWay;
  readonly rounds: number;
  readonly run: () => Promise<Sample>;
}

/** Measures one table: every contender once a round, each round beginning with another one, objects deleted in between. */
export async function measure(
  name: SourceName,
  source: StartedSource,
  tools: readonly Peer[],
  step: Step,
  stations: readonly Station[],
  log: Log,
): Promise<Series[]> {
  const all: Series[] = [];
  for (const { sink, gateway } of stations.filter((station) => step.sinks.includes(station.sink.name))) {
    const contenders = [
      ...(await ours(name, source, step, gateway, sink)),
      // No client that comes with a database writes Parquet.
      ...peers('client', step.format === undefined ? source.peers : [], step, step.rounds, sink),
      ...peers('tool', tools, step, sink.name === 's3' ? (step.toolRounds ?? 0) : 0, sink),
    ];
    const samples = new Map<string, Sample[]>(contenders.map((contender) => [contender.name, []]));
    const failures = new Map<string, string>();
    for (let round = 0; round < step.rounds; round++) {
      const turn = round % contenders.length;
      for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
        if (round >= contender.rounds || failures.has(contender.name)) continue;
        const told = `${name} ${step.table.name} → ${sink.name}, round ${round + 1}: ${contender.name}`;
        try {
          const sample = await contender.run();
          samples.get(contender.name)?.push(sample);
          log(`${told} ${sample.seconds.toFixed(2)} s, ${(sample.bytes / 1e6).toFixed(0)} MB, ${sample.peakMiB.toFixed(0)} MiB`);
        } catch (error) {
          failures.set(contender.name, (error as Error).message);
          log(`${told} failed: ${(error as Error).message.trim().split('\n').at(-1)}`);
        }
        await sink.empty();
      }
    }
    for (const { name: contender, role, way } of contenders) {
      const failure = failures.get(contender);
      all.push({
        source: name,
        table: step.table,
        headline: step.headline === true,
        ...(step.format === undefined ? {} : { format: step.format }),
        sink: sink.name,
        contender,
        role,
        ...way,
        samples: samples.get(contender) ?? [],
        ...(failure === undefined ? {} : { failure }),
      });
    }
  }
  return all;
}

async function ours(
  name: SourceName,
  source: StartedSource,
  { table, rounds, compressed, format }: Step,
  gateway: LabGateway,
  sink: Sink,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const way of waysOf(name, compressed === true && sink.name === 's3', format)) {
    const { readers, compression } = way;
    const words = [...(readers === 1 ? [] : [`${readers} readers`]), ...(compression === undefined ? [] : [compression])];
    const pipeline = [name, table.name, format ?? 'csv', ...words].join('-').replaceAll(' ', '-');
    await gateway.write(pipeline, source.pipeline(table, way));
    const run = (): Promise<Sample> => runOurs(gateway, pipeline, table);
    // What is compressed is measured for its memory, which one round tells.
    contenders.push({ name: ['esclusa', ...words].join(', '), role: 'ours', way, rounds: compression === undefined ? rounds : 1, run });
  }
  return contenders;
}

function peers(role: Role, wanted: readonly Peer[], step: Step, rounds: number, sink: Sink): Contender[] {
  if (!step.peers || rounds === 0) return [];
  return wanted.map((peer) => ({ name: peer.name, role, rounds, run: () => runPeer(peer, step, sink) }));
}
