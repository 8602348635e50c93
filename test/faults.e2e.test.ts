import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { faultsOf } from './faults/faults.ts';
import { Lab } from './faults/lab.ts';
import { isClean, linesOf, totalsOf } from './faults/report.ts';
import { type RoundResult, planRound, runRound } from './faults/round.ts';
import { playRow } from './faults/row.ts';
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

  // Fault, point, pipeline | what the caller got | what came of each attempt | files in S3
  test.each<[string, string, string, string, string[], number]>([
    ['gateway-kill', 's3:PutOpen:before#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 's3:PutOpen:after#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 's3:PutOpen:late#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 'docker:create:after#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 'docker:start:late#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 'job-s3:PutCommitKey:before#1', 'pedidos', 'cut, then 200', ['committed'], 1],
    ['gateway-kill', 's3:PutFinal:after#1', 'pedidos', '200', ['committed'], 1],
    ['job-kill', 'job-s3:UploadPart:after#1', 'grande', '200', ['JOB_INTERRUPTED', 'committed'], 1],
    ['job-kill', 'job-s3:PutCommitKey:after#1', 'pedidos', '200', ['committed'], 1],
    ['job-remove', 'job-s3:UploadPart:before#2', 'grande', '200', ['JOB_INTERRUPTED', 'committed'], 1],
    ['prune', 'docker:create:after#1', 'pedidos', '200', ['JOB_INTERRUPTED', 'committed'], 1],
    ['database-kill', 'job-s3:UploadPart:before#1', 'enorme', '200', ['SOURCE_LOST', 'committed'], 1],
    ['idle-kill', 'job-s3:UploadPart:before#1', 'enorme', '200', ['SOURCE_LOST', 'committed'], 1],
    ['s3-kill', 'job-s3:UploadPart:before#1', 'grande', '200', ['committed'], 1],
    ['s3-kill', 's3:PutFinal:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-freeze', 'job-s3:CompleteMultipartUpload:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-away', 's3:PutAttempt:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-slow', 's3:PutOpen:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-500', 's3:PutOpen:before#1', 'pedidos', '503, then 200', ['committed'], 1],
    ['s3-500', 'job-s3:PutCommitKey:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-expired', 'job-s3:UploadPart:before#1', 'grande', '200', ['S3_TOKEN_EXPIRED', 'committed'], 1],
    ['s3-reset', 'job-s3:UploadPart:before#1', 'grande', '200', ['committed'], 1],
    ['s3-reset', 's3:PutOpen:before#1', 'pedidos', '200', ['committed'], 1],
    ['s3-answer-lost', 's3:PutOpen:after#1', 'pedidos', '200', ['committed'], 1],
    ['s3-answer-lost', 's3:PutIdem:after#1', 'pedidos', '200', ['committed'], 1],
    ['s3-answer-lost', 'job-s3:PutCommitKey:after#1', 'pedidos', '200', ['committed'], 1],
    ['docker-answer-lost', 'docker:create:after#1', 'pedidos', '200', ['committed'], 1],
    ['docker-answer-lost', 'docker:start:after#1', 'pedidos', '200', ['committed'], 1],
    ['docker-away', 'docker:start:after#1', 'pedidos', '200', ['committed'], 1],
    ['none', 'random:1ms', 'allocate', '502', ['JOB_OUT_OF_MEMORY', 'JOB_OUT_OF_MEMORY'], 0],
    ['none', 'random:1ms', 'fill', '502', ['INTERNAL'], 0],
    ['caller-gone', 's3:PutAttempt:after#1', 'pedidos', 'gone', ['committed'], 1],
  ])('%s at %s, %s: the caller gets %s, attempts %j, %i file', async (fault, point, pipeline, caller, attempts, files) => {
    const row = await playRow(lab, stage, { fault, point, pipeline });
    expect(row).toEqual({ caller, attempts, files, findings: CLEAN });
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
