import type { LabGateway } from '../lab/start-gateway.ts';
import { watchPeak } from '../lab/memory.ts';
import type { Table } from '../data/tables.ts';
import { timeOf, timelineOf } from './runs.ts';
import type { Sample } from './sample.ts';

const MiB = 1024 * 1024;

interface Answer {
  readonly run?: string;
  readonly result?: Readonly<Record<string, { registros: number; bytes: number }>>;
}

/** Extracts a table by one POST to a gateway; rejects unless every row has come. */
export async function runOurs(gateway: LabGateway, pipeline: string, table: Table): Promise<Sample> {
  const peak = watchPeak(gateway.name);
  const began = performance.now();
  const response = await fetch(`${gateway.url}/api/ingesta/${pipeline}`, { method: 'POST' });
  const answer = (await response.json()) as Answer;
  const seconds = (performance.now() - began) / 1000;
  const file = answer.result?.[table.name];
  if (file === undefined) throw new Error(`the run failed: ${JSON.stringify(answer).slice(0, 1000)}`);
  if (file.registros !== table.rows) throw new Error(`${file.registros} rows came of ${table.rows}`);
  const peakMiB = (await peak.stop()) / MiB;
  const within = await readSeconds(gateway, answer.run ?? '');
  return { seconds, bytes: file.bytes, rows: file.registros, peakMiB, ...(within === undefined ? {} : { within }) };
}

/** Seconds from a run's secrets to its last row: connecting and reading, without the container's start and the publishing. */
async function readSeconds(gateway: LabGateway, run: string): Promise<number | undefined> {
  const timeline = await timelineOf(gateway, run);
  const [from, to] = [timeOf(timeline, 'secrets-received'), timeOf(timeline, 'last-row')];
  return from === undefined || to === undefined ? undefined : (to - from) / 1000;
}
