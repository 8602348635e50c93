import type { DatasetOptions } from '../../options/dataset-options.ts';
import { Losses } from '../../losses.ts';
import { describe, expect, test } from '@jest/globals';
import { type Bench, drain, eventually, rows } from './parts.ts';

/** A job that has to stop leaves nothing running at the source. */
export function cancelling<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('cancelling', () => {
    test('a stop while rows flow ends the reading here and the query at the server', async () => {
      const opened = await bench.open(await bench.table('larga', rows(64_000, 1_000)));
      const chunks = (await bench.plan(opened, 'larga', ['id', 'texto'])).read(new Losses('dataset', false))[Symbol.asyncIterator]();
      await chunks.next();
      // The next chunks are not asked for: the server is held in the middle of its sending.
      opened.stop.abort(new Error('stop'));
      await bench.untilIdle(opened.applicationName);
      await expect(
        (async () => {
          for (let next = await chunks.next(); next.done !== true; next = await chunks.next());
        })(),
      ).rejects.toThrow();
      await opened.session.close();
    }, 120_000);

    test('a stop while the server computes ends the query', async () => {
      const opened = await bench.open(await bench.table('pocas', rows(2_000)));
      const plan = await opened.session.plan('lenta', bench.parts.slowDataset('pocas'));
      const reading = drain(plan.read(new Losses('dataset', false)));
      reading.catch(() => undefined);
      await eventually('the query to run', async () => (await bench.parts.active(opened.applicationName)) > 0);
      opened.stop.abort(new Error('stop'));
      await expect(reading).rejects.toThrow();
      await bench.untilIdle(opened.applicationName);
    }, 120_000);

    test('a session that is closed in the middle of a dataset leaves nothing at the server', async () => {
      const opened = await bench.open(await bench.table('larga', rows(64_000, 1_000)));
      const chunks = (await bench.plan(opened, 'larga', ['id', 'texto'])).read(new Losses('dataset', false))[Symbol.asyncIterator]();
      await chunks.next();
      await opened.session.close();
      await bench.untilIdle(opened.applicationName);
    }, 120_000);

    test('closing twice, and closing after a stop, do no harm', async () => {
      const opened = await bench.open(await bench.table('pocas', rows(3)));
      opened.stop.abort(new Error('stop'));
      await opened.session.close();
      await opened.session.close();
      await bench.untilIdle(opened.applicationName);
    });
  });
}
