import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RoundResult } from './round.ts';

/** The last line of a run. */
export interface Totals {
  offered: number;
  accepted: number;
  refused_429: number;
  lost: number;
  doubled: number;
  duplicate_executions: number;
  leftovers: number;
  partial_objects: number;
}

/** Sums rounds up. */
export function totalsOf(results: readonly RoundResult[]): Totals {
  const sum = (of: (result: RoundResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    offered: sum(({ offered }) => offered),
    accepted: sum(({ accepted }) => accepted),
    refused_429: sum(({ refused }) => refused),
    lost: sum(({ findings }) => findings.lost.length),
    doubled: sum(({ findings }) => findings.doubled.length),
    duplicate_executions: sum(({ findings }) => findings.duplicateExecutions.length),
    leftovers: sum(({ findings }) => findings.leftovers.length),
    partial_objects: sum(({ findings }) => findings.partialObjects.length),
  };
}

/** Whether nothing went wrong; a second execution of an attempt costs time and harms nobody. */
export function isClean({ lost, doubled, leftovers, partial_objects }: Totals): boolean {
  return lost + doubled + leftovers + partial_objects === 0;
}

/** Everything that was found in a round, one line each. */
export function linesOf({ findings }: RoundResult): string[] {
  return Object.entries(findings).flatMap(([kind, list]) => (list as readonly string[]).map((line) => `${kind}: ${line}`));
}

/** A round as one row. */
export function rowOf({ round, fault, point, reached, offered, accepted, refused, unanswered, runs, starts, seconds, findings }: RoundResult): string {
  const { lost, doubled, leftovers, partialObjects, duplicateExecutions } = findings;
  const bad = lost.length + doubled.length + leftovers.length + partialObjects.length;
  const verdict = bad > 0 ? `FAILED lost ${lost.length}, doubled ${doubled.length}, leftovers ${leftovers.length}, partial ${partialObjects.length}` : 'ok';
  const cells = [
    String(round).padStart(4),
    fault.padEnd(14),
    `${point}${reached ? '' : ' (not reached)'}`.padEnd(44),
    `offered ${offered}`.padEnd(12),
    `accepted ${accepted}`.padEnd(13),
    `429 ${refused}`.padEnd(7),
    `none ${unanswered}`.padEnd(8),
    `runs ${runs}`.padEnd(8),
    `starts ${starts}`.padEnd(10),
    `twice ${duplicateExecutions.length}`.padEnd(8),
    `${seconds.toFixed(1)} s`.padEnd(7),
    verdict,
  ];
  return cells.join('  ');
}

/** A round as one JSON document, without what the clients and gateways said. */
export function jsonOf(result: RoundResult): string {
  const { answers: _, logs: __, ...rest } = result;
  return JSON.stringify({ ...rest, seconds: Math.round(result.seconds * 10) / 10 });
}

/** Writes down what clients and gateways said in a round, for whoever looks into it; gives the folder. */
export function keep(result: RoundResult): string {
  const folder = mkdtempSync(join(tmpdir(), `esclusa-faults-round-${result.round}-`));
  writeFileSync(join(folder, 'findings.txt'), linesOf(result).join('\n'));
  writeFileSync(join(folder, 'answers.jsonl'), result.answers.map((answered) => JSON.stringify(answered)).join('\n'));
  for (const [at, log] of result.logs.entries()) writeFileSync(join(folder, `gateway-${at + 1}.log`), log.join('\n'));
  return folder;
}
