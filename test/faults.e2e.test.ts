import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { faultsOf } from './faults/faults.ts';
import { Lab } from './faults/lab.ts';
import { isClean, linesOf, totalsOf } from './faults/report.ts';
import { type RoundResult, planRound, runRound } from './faults/round.ts';
import { playRow } from './faults/row.ts';
import { ROWS } from './faults/rows.ts';
import { Stage } from './faults/stage.ts';

const CLEAN = { lost: [], doubled: [], leftovers: [], partialObjects: [], duplicateExecutions: [] };
const MINUTES = 60_000;

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.start();
});

afterAll(async () => {
  await lab.stop();
});

describe('one fault, one run', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.set(lab);
  });

  afterAll(async () => {
    await stage.clear();
  });

  test.each(ROWS)('%s at %s, %s: the caller gets %s, attempts %s, %i file', async (fault, point, pipeline, caller, attempts, files) => {
    const row = await playRow(lab, stage, { fault, point, pipeline });
    expect({ ...row, attempts: row.attempts.join(', ') }).toEqual({ caller, attempts: expect.stringMatching(`^${attempts}$`), files, findings: CLEAN });
  });
});

test(
  'three rounds of a gateway killed under load: nothing lost, doubled or left behind',
  async () => {
    const options = { seed: 1, faults: faultsOf('gateway-kill'), loadSeconds: 2, perSecond: 20 };
    const results: RoundResult[] = [];
    for (let round = 1; round <= 3; round++) results.push(await runRound(lab, planRound(round, options), new AbortController().signal));
    expect(results.flatMap(linesOf).filter((line) => !line.startsWith('duplicateExecutions'))).toEqual([]);
    expect(isClean(totalsOf(results))).toBe(true);
  },
  10 * MINUTES,
);
