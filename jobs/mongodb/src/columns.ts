import { JobError } from '@esclusa/contract';
import { type ChosenColumns, type SourceColumn, chooseColumns } from '@esclusa/kit';
import { Cells, type Picker, byPaths } from './cells.ts';
import type { Dataset } from './dataset.ts';
import { type DiscoveredColumn, Discovery } from './discover.ts';
import { ObservedColumn } from './observed.ts';
import { type Path, parsePath } from './paths.ts';
import { openDocument } from './raw/document.ts';
import type { Batch } from './rows.ts';

/** The columns of a dataset, and what finds them in a document. */
export interface PlannedColumns extends ChosenColumns<SourceColumn> {
  readonly picker: Picker;
  /** Where named columns stand; without them whole documents are needed. */
  readonly paths?: readonly Path[];
}

/** The columns that a pipeline names. */
export function namedColumns(dataset: string, wanted: NonNullable<Dataset['columns']>): PlannedColumns {
  const named = wanted.map((column) => (typeof column === 'string' ? { name: column, path: column } : column));
  // What they are shows only when they are read.
  const all: SourceColumn[] = named.map(({ name }) => ({ name, sourceType: 'bson', values: { kind: 'text' } }));
  const paths = named.map(({ path }) => parsePath(path));
  // Refuses a name that comes twice.
  return { ...chooseColumns(dataset, all, { columns: all.map(({ name }) => name) }), paths, picker: byPaths(paths) };
}

/** The same columns, with the types that the values at their paths have: for a file that has to know them beforehand. */
export async function typedColumns(planned: PlannedColumns, documents: AsyncIterable<Batch>): Promise<PlannedColumns> {
  const observed = planned.columns.map(() => new ObservedColumn());
  const cells = new Cells(observed.length);
  for await (const { bytes, offsets } of documents) {
    for (const offset of offsets) {
      const document = openDocument(bytes, offset);
      cells.clear();
      planned.picker.pick(document, cells);
      observed.forEach((column, index) => column.see(document.bytes, cells.found[index]));
    }
  }
  const columns = planned.columns.map((column, index) => {
    const { sourceType = column.sourceType, values = column.values } = observed[index]?.column(column.name) ?? {};
    return { ...column, sourceType, values };
  });
  return { ...planned, columns };
}

/** The columns that documents have. */
export async function discoveredColumns(dataset: string, { exclude, mask, flatten }: Dataset, documents: AsyncIterable<Batch>): Promise<PlannedColumns> {
  const discovery = new Discovery(flatten);
  for await (const { bytes, offsets } of documents) for (const offset of offsets) discovery.take(bytes, offset);
  const chosen = chooseDiscovered(dataset, discovery.columns(), { exclude, mask });
  return { ...chosen, picker: discovery.pickerOf(chosen.columns) };
}

/** All but the excluded ones, those within an excluded document among them, and those that look like a password, wherever they lie. */
export function chooseDiscovered(
  dataset: string,
  found: readonly DiscoveredColumn[],
  { exclude = [], mask = {} }: { readonly exclude?: Dataset['exclude']; readonly mask?: Dataset['mask'] } = {},
): ChosenColumns<DiscoveredColumn> {
  const left = found.filter((column) => !exclude.some((name) => liesIn(column, name)));
  const byName = new Map<string, DiscoveredColumn>();
  for (const column of left) {
    const other = byName.get(column.name);
    if (other !== undefined) throw collision(dataset, column.name, [other.path, column.path]);
    byName.set(column.name, column);
  }
  for (const name of Object.keys(mask)) {
    const open = left.find((column) => liesIn(column, name) && !Object.hasOwn(mask, column.name));
    if (open !== undefined) throw uncovered(dataset, name, open.name);
  }
  // Refuses an excluded one that is not there.
  return chooseColumns(dataset, left, { exclude: exclude.filter((name) => !found.some((column) => liesIn(column, name))), mask });
}

function liesIn({ path }: DiscoveredColumn, name: string): boolean {
  return path.some((_, index) => path.slice(0, index + 1).join('.') === name);
}

/** A mask over a field would seem to be over all that lies in it. */
function uncovered(dataset: string, name: string, open: string): JobError {
  return new JobError(
    'QUERY_INVALID',
    `dataset "${dataset}": "mask" names "${name}", and "${open}" within it is a column of its own; name that one too, or exclude it`,
    {
      details: { dataset, column: open },
    },
  );
}

function collision(dataset: string, column: string, paths: readonly (readonly string[])[]): JobError {
  const [one, other] = paths.map((path) => path.map((name) => JSON.stringify(name)).join(' > '));
  return new JobError(
    'QUERY_INVALID',
    `dataset "${dataset}": the fields ${one} and ${other} would both be the column "${column}", since a field's own name has a dot; exclude it, read it without "flatten", or give one another name in a view`,
    { details: { dataset, column, paths } },
  );
}
