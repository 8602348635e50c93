import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { play, verdictOf } from './play.ts';
import type { Row } from './row.ts';
import { Stage, type StageOptions } from './stage.ts';
import { Table } from './table.ts';

const MINUTES = 60_000;

/** A theme's rows on one stage, a test each, and one test that nothing of them is left. */
export function playAll(theme: string, rows: readonly Row[], options: StageOptions): void {
  describe(theme, () => {
    const table = new Table(theme);
    const left: Promise<readonly [string, readonly string[]]>[] = [];
    let stage: Stage;
    let spoilt = false;

    beforeAll(async () => {
      stage = await Stage.set(options);
    }, 2 * MINUTES);

    afterAll(async () => {
      await Promise.all(left);
      // There is none where the set-up failed, which is told by itself.
      await (stage as Stage | undefined)?.strike();
      process.stderr.write(`the table of the hostile rows: ${table.write()}\n`);
    }, 2 * MINUTES);

    test.each(rows.map((row) => [row.name, row] as const))(
      '%s',
      async (_, row) => {
        if (spoilt) await stage.renew();
        const played = await play(stage, row);
        const wrong = verdictOf(row, played);
        // A row that was merely slow has spoilt nothing.
        const renewed = ['answered', 'honest', 'gateway'].some((word) => word in wrong);
        spoilt = renewed;
        const looked = renewed ? { ...played, left: Promise.resolve(['not looked at']) } : played;
        left.push(table.add(looked, wrong).then((found) => [row.name, renewed ? [] : found] as const));
        expect(wrong).toEqual({});
      },
      3 * MINUTES,
    );

    test(
      'nothing is left behind',
      async () => {
        const found = await Promise.all(left);
        expect(found.filter(([, of]) => of.length > 0)).toEqual([]);
      },
      MINUTES,
    );
  });
}
