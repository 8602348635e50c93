import type { DatasetOptions } from '../options/dataset-options.ts';
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { Bench, type SourceParts } from './source-conformance/parts.ts';
import { cancelling } from './source-conformance/cancelling.ts';
import { choosing } from './source-conformance/choosing.ts';
import { failing } from './source-conformance/failing.ts';
import { reading } from './source-conformance/reading.ts';
import { snapshot } from './source-conformance/snapshot.ts';
import { streaming } from './source-conformance/streaming.ts';

export type { Cell, Row, SourceParts } from './source-conformance/parts.ts';

const SET_UP_MS = 180_000;

/**
 * Holds a job's source to job.ts, on a real server which belongs to this suite alone: it is killed and started again.
 * `setUp` starts the server.
 */
export function describeSource<Dataset extends DatasetOptions>(name: string, setUp: () => Promise<SourceParts<Dataset>>): void {
  describe(`source ${name}`, () => {
    let parts: SourceParts<Dataset> | undefined;
    const bench = new Bench<Dataset>(() => {
      if (parts === undefined) throw new Error('the set-up failed');
      return parts;
    });

    beforeAll(async () => {
      parts = await setUp();
    }, SET_UP_MS);

    afterEach(() => bench.closeAll());

    afterAll(async () => {
      await parts?.cleanUp();
    }, SET_UP_MS);

    reading(bench);
    choosing(bench);
    snapshot(bench);
    streaming(bench);
    cancelling(bench);
    // Last, since it kills the server.
    failing(bench);
  });
}
