import { type Column, JobError, type Manifest, type SchemaChanges, type SchemaPolicy, type SecretsLine } from '@esclusa/contract';

type Change = Omit<SchemaChanges, 'since'>;

/**
 * How columns differ from those of an earlier manifest; undefined where they do not. A column is the same by its name. Its type is compared in the source's own words, and where the
 * source has no schema (`schemaless`) by what its values are: there a column without values says nothing.
 */
export function schemaChanges(since: string, before: readonly Column[], now: readonly Column[], schemaless = false): SchemaChanges | undefined {
  const [was, is] = [before, now].map((columns) => new Map(columns.map((column) => [column.name, column]))) as [Map<string, Column>, Map<string, Column>];
  const added = now.filter(({ name }) => !was.has(name));
  const dropped = before.filter(({ name }) => !is.has(name));
  const retyped = now.flatMap((column) => {
    const earlier = was.get(column.name);
    const [from, to] = [earlier ?? column, column].map((each) => typeOf(each, schemaless)) as [string | undefined, string | undefined];
    return from === undefined || to === undefined || from === to ? [] : [{ name: column.name, from, to }];
  });
  const renamed = dropped.flatMap((column) => {
    const other = now[before.indexOf(column)];
    const isOne = other !== undefined && added.includes(other) && typeOf(other, schemaless) === typeOf(column, schemaless);
    return isOne ? [{ from: column.name, to: other.name }] : [];
  });
  const change: Change = {
    ...(added.length === 0 ? {} : { added: namesOf(added) }),
    ...(dropped.length === 0 ? {} : { dropped: namesOf(dropped) }),
    ...(renamed.length === 0 ? {} : { renamed }),
    ...(retyped.length === 0 ? {} : { retyped }),
  };
  return Object.keys(change).length === 0 ? undefined : { since, ...change };
}

/** The columns of a run before, per dataset; undefined where there is none. */
export type Previous = NonNullable<SecretsLine['previous']> | undefined;

/** Those that a manifest tells. */
export function columnsOf({ run, resources }: Manifest): Previous {
  return { run, datasets: Object.fromEntries(resources.flatMap(({ name, schema }) => (schema === undefined ? [] : [[name, schema.fields]]))) };
}

/** The same of a dataset against the run before; undefined where there is none, or the dataset is not in it. */
export function changesSince(previous: Previous, dataset: string, now: readonly Column[], schemaless = false): SchemaChanges | undefined {
  if (previous === undefined || !Object.hasOwn(previous.datasets, dataset)) return undefined;
  return schemaChanges(previous.run, previous.datasets[dataset] ?? [], now, schemaless);
}

/** Throws `SCHEMA_CHANGED` for changes that the policy does not let through. */
export function enforce(dataset: string, policy: SchemaPolicy, changes: SchemaChanges): void {
  const { added, dropped, retyped } = changes;
  if (policy === 'allow' || (policy === 'additive' && dropped === undefined && retyped === undefined)) return;
  const lets = policy === 'fail' ? 'none' : 'added ones alone';
  throw new JobError(
    'SCHEMA_CHANGED',
    `dataset "${dataset}": its columns are not those of run ${changes.since}: ${sentence({ ...changes, ...(policy === 'fail' ? { added } : {}) })}; its "schemaChanges: ${policy}" lets ${lets} through. Nothing is published. To take the new columns, run it once with {"schemaChanges": "allow"}`,
    { details: { dataset, policy, ...changes } },
  );
}

/** The changes in words. */
export function sentence({ added = [], dropped = [], renamed = [], retyped = [] }: Partial<Change>): string {
  return [
    ...(added.length === 0 ? [] : [`added ${listed(added)}`]),
    ...(dropped.length === 0 ? [] : [`dropped ${listed(dropped)}`]),
    ...(renamed.length === 0 ? [] : [`perhaps renamed ${renamed.map(({ from, to }) => `"${from}" to "${to}"`).join(', ')}`]),
    ...(retyped.length === 0 ? [] : [`retyped ${retyped.map(({ name, from, to }) => `"${name}" from ${from} to ${to}`).join(', ')}`]),
  ].join('; ');
}

/** Sources without a schema: types of columns that had no value. */
const WITHOUT_VALUES: readonly (string | undefined)[] = ['missing', 'null', ''];

function typeOf({ type, format, sourceType, mask }: Column, schemaless: boolean): string | undefined {
  // What a mask makes of a column is another column.
  const masked = mask === undefined ? '' : ` masked by ${JSON.stringify(mask)}`;
  if (!schemaless) return `${sourceType ?? type}${masked}`;
  return WITHOUT_VALUES.includes(sourceType) ? undefined : `${type}${format === undefined ? '' : ` (${format})`}${masked}`;
}

function namesOf(columns: readonly Column[]): string[] {
  return columns.map(({ name }) => name);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
