import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { adoption } from './conformance/adoption.ts';
import { input } from './conformance/input.ts';
import { isolation } from './conformance/isolation.ts';
import { jobs } from './conformance/jobs.ts';
import { life } from './conformance/life.ts';
import { limits } from './conformance/limits.ts';
import { output } from './conformance/output.ts';
import { Bench, type ConformanceParts } from './conformance/parts.ts';
import type { EngineCapabilities } from './engine.ts';

const SET_UP_MS = 120_000;

/**
 * Holds an engine to engine.ts, on real parts. `declared` decides which promises are tested: what it doesn't declare must be
 * refused and said in its warnings.
 */
export function describeEngine(name: string, declared: EngineCapabilities, setUp: () => Promise<ConformanceParts>): void {
  describe(`engine ${name}`, () => {
    let parts: ConformanceParts | undefined;
    const bench = new Bench(() => {
      if (parts === undefined) throw new Error('the set-up failed');
      return parts;
    });

    beforeAll(async () => {
      parts = await setUp();
    }, SET_UP_MS);

    afterEach(() => bench.removeAll());

    afterAll(async () => {
      const left = await parts?.engine.list(bench.installation);
      await parts?.cleanUp();
      expect(left).toEqual([]);
    }, SET_UP_MS);

    test('declares what it is tested for', () => {
      expect(bench.engine).toMatchObject({ name, capabilities: declared });
    });

    output(bench);
    input(bench);
    life(bench, declared);
    jobs(bench);
    limits(bench, declared);
    isolation(bench, declared);
    adoption(bench, declared);
  });
}
