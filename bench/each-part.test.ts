import { describe, expect, test } from '@jest/globals';
import { eachPart } from './each-part.ts';
import type { Part } from './only.ts';

/** Runs three parts of which the second fails; what was done, in order, and what is returned. */
async function run(failure: Error, differing: { tidy?: () => Promise<void>; signal?: AbortSignal } = {}) {
  const done: string[] = [];
  const measure = async (part: Part): Promise<void> => {
    done.push(part);
    if (part === 'mysql') throw failure;
  };
  const tidy = async (): Promise<void> => void done.push('tidied');
  const failed = await eachPart(['postgresql', 'mysql', 'start'], measure, {
    tidy,
    signal: new AbortController().signal,
    log: (line) => done.push(line),
    ...differing,
  });
  return { done, failed };
}

describe('a part that fails', () => {
  test('is told by a sentence, cleared away after, and keeps no other from its turn', async () => {
    const { done, failed } = await run(new Error('mysql did not answer within 60 s\nits log'));
    expect(failed).toEqual({ mysql: 'mysql did not answer within 60 s' });
    expect(done).toEqual(['postgresql', 'mysql', 'mysql failed: mysql did not answer within 60 s\nits log', 'tidied', 'start']);
  });

  test('keeps no other from its turn when nothing can be cleared away either', async () => {
    const { done, failed } = await run(new Error('one'), { tidy: () => Promise.reject(new Error('two')) });
    expect(failed).toEqual({ mysql: 'one' });
    expect(done.slice(-2)).toEqual(['what mysql has left could not be removed: two', 'start']);
  });

  test('is told by the end of a long line', async () => {
    const { failed } = await run(new Error(`docker run ${'-e A=B '.repeat(100)}: exit status 1\nlast lines`));
    expect(failed.mysql).toMatch(/^….*A=B : exit status 1$/);
    expect(failed.mysql).toHaveLength(300);
  });

  test('is the last one where the whole was called off', async () => {
    const aborting = new AbortController();
    aborting.abort(new Error('SIGINT'));
    await expect(run(new Error('one'), { signal: aborting.signal })).rejects.toThrow('SIGINT');
  });
});
