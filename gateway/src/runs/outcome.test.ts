import { describe, expect, test } from '@jest/globals';
import { DATA_PACKAGE, type JobFinal, type Manifest } from '@esclusa/contract';
import type { Decision } from '../ledger/decisions.ts';
import { type Ended, decideOutcome } from './outcome.ts';

const MiB = 1024 * 1024;
const AT = '2025-01-02T15:30:45Z';
const MANIFEST: Manifest = {
  $schema: DATA_PACKAGE,
  name: 'p',
  created: AT,
  state: 'committed',
  contract: 1,
  run: 'r',
  attempt: 1,
  token: 't',
  pipeline: 'p',
  job: 'j',
  snapshot: { consistency: 'snapshot' },
  resources: [{ name: 'a', path: 'p/a.csv', url: 's3://lago/p/a.csv', rows: 0, bytes: 0, hash: `sha256:${'0'.repeat(64)}`, lossy: 0 }],
};
const COMMITTED: Decision = { state: 'committed', manifest: MANIFEST, text: JSON.stringify(MANIFEST), seenAt: new Date(AT) };
const ABORTED: Decision = { state: 'aborted', seenAt: new Date(AT) };
const BROKEN: Decision = { state: 'broken', why: 'its manifest is of another run or attempt', seenAt: new Date(AT) };
const RESULT: JobFinal = { type: 'result', mode: 'run', commitKey: 'c', datasets: {} };
const LOST: JobFinal = { type: 'error', code: 'SOURCE_LOST', message: 'gone', retryable: true, details: { dataset: 'a' } };
const NOT_FOUND: JobFinal = { type: 'error', code: 'DATASET_NOT_FOUND', message: 'no table', retryable: false };

interface Case extends Partial<Omit<Ended, 'exit'>> {
  readonly status?: number | undefined;
  readonly oomKilled?: boolean;
  readonly enginePeakBytes?: number;
  readonly engineError?: string;
}

/** An attempt that ended with status 0, said nothing and did not commit, but for what is given. */
function decide({ status, oomKilled = false, enginePeakBytes, engineError, ...ended }: Case) {
  const exit = {
    status,
    oomKilled,
    ...(enginePeakBytes === undefined ? {} : { memoryPeakBytes: enginePeakBytes }),
    ...(engineError === undefined ? {} : { engineError }),
  };
  return decideOutcome({ commit: ABORTED, ownStop: undefined, final: undefined, memoryPeakBytes: undefined, memoryLimitMiB: 100, ...ended, exit });
}

describe('a committed manifest is a success', () => {
  test.each<[string, Case]>([
    ['with status 0 and a result', { status: 0, final: RESULT }],
    ['without a result line', { status: 0 }],
    ['whatever the error line says', { status: 69, final: LOST }],
    ['whatever the exit status', { status: 70 }],
    ['killed right after it', { status: 137 }],
    ['out of memory right after it', { status: 137, oomKilled: true }],
    ['cancelled too late', { status: 143, ownStop: 'cancelled' }],
    ['out of time too late', { status: 137, ownStop: 'time-up' }],
    ['its container gone', { status: undefined }],
    ['its engine in trouble', { status: 128, engineError: 'no space' }],
  ])('%s', (_, ended) => {
    expect(decide({ ...ended, commit: COMMITTED })).toEqual({ ok: true, manifest: MANIFEST });
  });
});

describe('without one, the first of these decides', () => {
  test.each<[string, Case, string, 'no' | 'once' | 'yes']>([
    ['our own cancel, before the error line', { ownStop: 'cancelled', status: 69, final: LOST }, 'JOB_CANCELLED', 'no'],
    ['our own cancel, before a kill', { ownStop: 'cancelled', status: 137, oomKilled: true }, 'JOB_CANCELLED', 'no'],
    ['our own clock, before the error line', { ownStop: 'time-up', status: 143, final: { ...LOST, code: 'STOPPED' } }, 'JOB_TIME_UP', 'no'],
    ["the job's own clock", { status: 143, final: { ...LOST, code: 'TIME_UP' } }, 'JOB_TIME_UP', 'no'],
    ['our own cancel, before what stands at the commit key and is no decision', { ownStop: 'cancelled', commit: BROKEN, status: 0 }, 'JOB_CANCELLED', 'no'],
    ['what stands at the commit key and is no decision, before the error line', { commit: BROKEN, status: 69, final: LOST }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['the same, before a result', { commit: BROKEN, status: 0, final: RESULT }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['an error line that asks for another attempt', { status: 69, final: LOST }, 'SOURCE_LOST', 'yes'],
    ['an error line that asks for none', { status: 66, final: NOT_FOUND }, 'DATASET_NOT_FOUND', 'no'],
    ['an error line, before the exit status', { status: 75, final: NOT_FOUND }, 'DATASET_NOT_FOUND', 'no'],
    ['an error line, before status 0', { status: 0, final: NOT_FOUND }, 'DATASET_NOT_FOUND', 'no'],
    ['an error line, before the out-of-memory flag', { status: 137, oomKilled: true, final: LOST }, 'SOURCE_LOST', 'yes'],
    ['an error line with a code that only the job knows', { status: 70, final: { ...LOST, code: 'ZETA_17' } }, 'ZETA_17', 'yes'],
    ['a SIGTERM that we did not send, obeyed', { status: 143, final: { ...NOT_FOUND, code: 'STOPPED' } }, 'JOB_INTERRUPTED', 'yes'],
    ['the engine, which could not run the container', { status: 127, engineError: 'no such command' }, 'ENGINE_FAILED', 'no'],
    ["a bug of the job's", { status: 70, final: { ...LOST, code: 'INTERNAL', retryable: false } }, 'JOB_FAILED', 'no'],
    ['exit status 64', { status: 64 }, 'JOB_FAILED', 'no'],
    ['exit status 65', { status: 65 }, 'JOB_FAILED', 'no'],
    ['exit status 66', { status: 66 }, 'JOB_FAILED', 'no'],
    ['exit status 69', { status: 69 }, 'JOB_FAILED', 'yes'],
    ['exit status 70', { status: 70 }, 'JOB_FAILED', 'no'],
    ['exit status 75', { status: 75 }, 'JOB_FAILED', 'yes'],
    ['exit status 77', { status: 77 }, 'JOB_FAILED', 'no'],
    ['exit status 78', { status: 78 }, 'JOB_FAILED', 'no'],
    ['exit status 69, before the out-of-memory flag', { status: 69, oomKilled: true }, 'JOB_FAILED', 'yes'],
    ['exit status 69, before a result that is not true', { status: 69, final: RESULT }, 'JOB_FAILED', 'yes'],
    ['the out-of-memory flag', { status: 137, oomKilled: true }, 'JOB_OUT_OF_MEMORY', 'once'],
    ['the out-of-memory flag, whoever died of it', { status: 1, oomKilled: true }, 'JOB_OUT_OF_MEMORY', 'once'],
    ['the out-of-memory flag of a container that is gone', { status: undefined, oomKilled: true }, 'JOB_OUT_OF_MEMORY', 'once'],
    ["a kill at the limit, by the job's peak", { status: 137, memoryPeakBytes: 99 * MiB }, 'JOB_OUT_OF_MEMORY', 'once'],
    ["a kill at the limit, by the engine's peak", { status: 137, memoryPeakBytes: MiB, enginePeakBytes: 100 * MiB }, 'JOB_OUT_OF_MEMORY', 'once'],
    ['a kill well below the limit', { status: 137, memoryPeakBytes: 90 * MiB }, 'JOB_INTERRUPTED', 'yes'],
    ['SIGTERM from outside at the limit, which no killer sends', { status: 143, memoryPeakBytes: 100 * MiB }, 'JOB_INTERRUPTED', 'yes'],
    ['SIGKILL from outside', { status: 137 }, 'JOB_INTERRUPTED', 'yes'],
    ['SIGINT from outside', { status: 130 }, 'JOB_INTERRUPTED', 'yes'],
    ['SIGHUP from outside', { status: 129 }, 'JOB_INTERRUPTED', 'yes'],
    ['a container that is gone', { status: undefined }, 'JOB_INTERRUPTED', 'yes'],
    ['silence at status 0', { status: 0 }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['a result without a manifest', { status: 0, final: RESULT }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['no decision at all', { status: 0, final: RESULT, commit: undefined }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['an exit status that the contract does not know', { status: 1 }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['a crash by its own fault', { status: 139 }, 'JOB_CONTRACT_BROKEN', 'no'],
    ['a peak at the limit without a kill', { status: 1, memoryPeakBytes: 100 * MiB }, 'JOB_CONTRACT_BROKEN', 'no'],
  ])('%s', (_, ended, code, retry) => {
    expect(decide(ended)).toMatchObject({ ok: false, code, retry, message: expect.stringMatching(/./) });
  });
});

describe('a failure tells', () => {
  test('what the job told, details included', () => {
    expect(decide({ status: 69, final: LOST })).toEqual({ ok: false, code: 'SOURCE_LOST', message: 'gone', retry: 'yes', details: { dataset: 'a' } });
  });

  test('peak and limit of memory', () => {
    expect(decide({ status: 137, oomKilled: true, memoryPeakBytes: 98 * MiB, enginePeakBytes: 97 * MiB })).toMatchObject({
      message: expect.stringContaining('98 MiB'),
      details: { memoryPeakMiB: 98, memoryLimitMiB: 100 },
    });
    expect(decide({ status: 137, oomKilled: true })).toMatchObject({ details: { memoryLimitMiB: 100 } });
  });

  test('what the engine said', () => {
    expect(decide({ status: 127, engineError: 'no such command' })).toMatchObject({ message: 'no such command' });
  });
});
