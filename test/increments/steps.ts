import { expect, test } from '@jest/globals';
import type { DatasetState, Resource } from '@esclusa/contract';
import type { Job } from '../../jobs/kit/src/job.ts';
import type { DatasetOptions } from '../../jobs/kit/src/options/dataset-options.ts';
import type { Incremental } from '../../jobs/kit/src/options/incremental.ts';
import { readCsv } from '../support/csv.ts';
import { connectJob, extractHere } from '../support/extract.ts';

/** A source whose increments are tried: tables of an id and a cursor. */
export interface IncrementSource {
  /** Makes a table with a cursor of that type; `key`: the cursor is its primary key. */
  readonly create: (table: string, type: string, options?: { readonly key?: boolean }) => Promise<void>;
  /** Adds rows, with the cursor's value as the source writes a literal of it; null for none. */
  readonly insert: (table: string, rows: readonly (readonly [id: number, cursor: string | null])[]) => Promise<void>;
  readonly remove: (table: string, id: number) => Promise<void>;
  /** Reads a table from a snapshot of its own: ids, sorted, and what the manifest says. */
  readonly read: (table: string, incremental: Incremental, state?: DatasetState) => Promise<{ ids: number[]; resource: Resource }>;
  /** A cursor's value so many seconds ago, as a literal. */
  readonly ago: (type: string, seconds: number) => string;
}

/** Reads tables by a job, each from a snapshot of its own: the ids in the file, sorted, and what the manifest says. */
export function readerOf<Dataset extends DatasetOptions>(job: Job<Dataset>, settings: () => Record<string, string>) {
  return async (table: string, dataset: Dataset, state?: DatasetState): Promise<{ ids: number[]; resource: Resource }> => {
    const session = await connectJob(job, settings());
    try {
      const { text, resource } = await extractHere(session, table, dataset, {}, state);
      return {
        ids: readCsv(text)
          .records.map(([id]) => Number(id))
          .toSorted((a, b) => a - b),
        resource,
      };
    } finally {
      await session.close();
    }
  };
}

/** A type of cursor: three literals that grow, the second as its state has it, and one that is greater than all for ever. */
export type CursorKind = readonly [type: string, values: readonly [string, string, string], state: unknown, endless?: string];

let tables = 0;
const newTable = (): string => `inc_${tables++}`;

/** Holds a source to its increments, for cursors of these types. */
export function tryIncrements(source: () => IncrementSource, kinds: readonly CursorKind[]): void {
  const cases = kinds.map(([type, values, value, endless]) => ({ type, values, value, endless }));
  test.each(cases)('$type: everything once, and what is as new as the last again', async ({ type, values: [low, middle, high], value, endless }) => {
    const { create, insert, remove, read } = source();
    const table = newTable();
    const incremental = { cursor: 'c' };
    await create(table, type);
    const first = await read(table, incremental);
    expect(first).toMatchObject({ ids: [], resource: { incremental: { cursor: 'c', mode: 'full' } } });
    expect(first.resource).not.toHaveProperty('state');

    await insert(table, [[1, low], [2, middle], [3, null], ...(endless === undefined ? [] : [[4, endless] as const])]);
    const second = await read(table, incremental);
    expect(second).toMatchObject({
      ids: [1, 2, 3, ...(endless === undefined ? [] : [4])],
      resource: { incremental: { cursor: 'c', mode: 'full', to: value }, state: { cursor: 'c', value } },
    });
    expect(second.resource['incremental']).not.toHaveProperty('from');

    await insert(table, [
      [5, middle],
      [6, high],
      [7, low],
      [8, null],
    ]);
    const third = await read(table, incremental, second.resource.state);
    // One that came with an older value than the last is what "lag" is for.
    expect(third).toMatchObject({ ids: [2, 5, 6], resource: { incremental: { mode: 'increment', from: value, fromIncluded: true } } });
    const fourth = await read(table, incremental, third.resource.state);
    expect(fourth).toMatchObject({ ids: [6], resource: { state: third.resource.state } });
    await remove(table, 6);
    // What was read stays read, though nothing of it is left.
    const fifth = await read(table, incremental, fourth.resource.state);
    expect(fifth).toMatchObject({ ids: [], resource: { rows: 0, state: third.resource.state } });
  });

  test('a state of another cursor, or none, is refused', async () => {
    const { create, read } = source();
    const table = newTable();
    const [[type, , value] = ['', [], ''] as never] = kinds;
    await create(table, type);
    await expect(read(table, { cursor: 'c' }, { cursor: 'otro', value })).rejects.toMatchObject({
      code: 'STATE_INVALID',
      exit: 64,
      message: expect.stringMatching(/is of the cursor "otro", and its cursor is "c" now; .*"fullRefresh": true/),
    });
    await expect(read(table, { cursor: 'c' }, { cursor: 'c' })).rejects.toMatchObject({ code: 'STATE_INVALID' });
    await expect(read(table, { cursor: 'c' }, { cursor: 'c', value: { drop: 'table' } })).rejects.toMatchObject({ code: 'STATE_INVALID' });
    await expect(read(table, { cursor: 'c' }, { cursor: 'c', value: null })).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
}

/** Holds a source to what it leaves for later: cursors of time, whose rows come once, when they are old enough. */
export function tryLag(source: () => IncrementSource, types: readonly (readonly [type: string, seconds: number])[]): void {
  test.each(types)('%s with a lag of %d seconds: each row once, when it is old enough', async (type, lag) => {
    const { create, insert, read, ago } = source();
    const table = newTable();
    const incremental = { cursor: 'c', lag };
    await create(table, type);
    await insert(table, [
      [1, ago(type, 3 * lag)],
      [2, ago(type, 2 * lag)],
      [3, ago(type, 0)],
    ]);
    const first = await read(table, incremental);
    expect(first.ids).toEqual([1, 2]);
    const second = await read(table, incremental, first.resource.state);
    expect(second).toMatchObject({ ids: [], resource: { incremental: { fromIncluded: false, lag } } });
    // Late, but old enough by its value only after what was read: not before the state, which the first run took for read.
    await insert(table, [
      [4, ago(type, lag / 2)],
      [5, ago(type, 2 * lag)],
    ]);
    expect((await read(table, incremental, second.resource.state)).ids).toEqual([]);
  });
}

/** Holds a source to a cursor that counts up: with a lag the newest so many are left for later. */
export function tryCounting(source: () => IncrementSource, type: string): void {
  test('a number with a lag leaves the newest for later, and each comes once', async () => {
    const { create, insert, read } = source();
    const table = newTable();
    await create(table, type);
    const incremental = { cursor: 'c', lag: 2 };
    await insert(table, [
      [1, '1'],
      [2, '2'],
      [5, '5'],
    ]);
    const first = await read(table, incremental);
    expect(first.ids).toEqual([1, 2]);
    // Late ones, within the lag.
    await insert(table, [
      [4, '4'],
      [7, '7'],
    ]);
    const second = await read(table, incremental, first.resource.state);
    expect(second.ids).toEqual([4, 5]);
    expect((await read(table, incremental, second.resource.state)).ids).toEqual([]);
    // A larger lag than before takes nothing back.
    const third = await read(table, { cursor: 'c', lag: 6 }, second.resource.state);
    expect(third).toMatchObject({ ids: [], resource: { state: second.resource.state } });
  });

  test('the primary key as cursor: nothing comes twice', async () => {
    const { create, insert, read } = source();
    const table = newTable();
    await create(table, type, { key: true });
    await insert(table, [
      [1, '1'],
      [2, '2'],
    ]);
    const first = await read(table, { cursor: 'c' });
    expect(first.ids).toEqual([1, 2]);
    await insert(table, [[3, '3']]);
    const second = await read(table, { cursor: 'c' }, first.resource.state);
    expect(second).toMatchObject({ ids: [3], resource: { incremental: { fromIncluded: false } } });
    expect((await read(table, { cursor: 'c' }, second.resource.state)).ids).toEqual([]);
  });
}
