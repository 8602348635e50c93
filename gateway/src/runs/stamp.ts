import { compressionEnding, fileEnding, formatOf } from '@esclusa/contract';
import { PLACEHOLDER, type Placeholder, isTimed, placeholdersIn } from '../pipelines/key-template.ts';

/*
 * The whole rule for keys of data: `<destination>/<dataset>_<stamp>.csv`, or what a pipeline's template (`destination.key`) makes of
 * them, and behind
 * it `.gz` or `.zst` for a dataset that is compressed, unless the template ends so itself; of Parquet `.parquet` in place of `.csv`. No two attempts may have one key, so each second is reserved once per destination, and whoever did not get it, or has no second
 * in its template, has something else in its keys that nobody else has. What a template may say stands in pipelines/key-template.ts.
 */

/** Length of the run id's suffix in keys; the end of a UUIDv7 is its random part. */
const SUFFIX_LENGTH = 8;
/** `.csv`, `.csv.gz`, at the end of what no placeholder makes. */
const ENDING = /(?:\.[A-Za-z][A-Za-z0-9]*)+$/;

/** What keys are made of. */
export interface KeyParts {
  /** First part of the default keys. */
  readonly destination: string;
  /** In place of the default. */
  readonly template?: string | undefined;
  readonly pipeline: string;
  readonly run: string;
  readonly attempt: number;
  /** UTC second, `YYYYMMDD_HHMMSS`. */
  readonly stamp: string;
  /** Whether the second is reserved for the run at its destination. */
  readonly reserved: boolean;
}

/** The key of each dataset for one attempt. By default they are bare for the run that reserved the second, and bear the end of its id for any other. */
export function dataKeys(datasets: Readonly<Record<string, Readonly<Record<string, unknown>>>>, parts: KeyParts): Record<string, string> {
  const { destination, template, stamp } = parts;
  const suffix = suffixOf(parts);
  const keyOf =
    template === undefined
      ? (dataset: string) => `${destination}/${dataset}_${stamp}${suffix}`
      : (dataset: string) => fill(withSuffix(template, suffix), { ...parts, dataset });
  const endingOf = (options: Readonly<Record<string, unknown>>): string => {
    if (template === undefined) return fileEnding(options);
    // A template may end as it likes for CSV, which every tool opens whatever its name.
    const ending = formatOf(options) === 'csv' ? compressionEnding(options) : fileEnding(options);
    return template.endsWith(ending) ? '' : ending;
  };
  return Object.fromEntries(Object.entries(datasets).map(([dataset, options]) => [dataset, keyOf(dataset) + endingOf(options)]));
}

/** Where a pipeline's seconds are reserved: the first part of its keys, as far as it is the same for every run. */
export function destinationOf({
  name,
  destination: { prefix, key },
}: {
  name: string;
  destination: { prefix?: string | undefined; key?: string | undefined };
}): string {
  if (key === undefined) return prefix ?? name;
  return key.slice(0, key.indexOf('{')).replace(/\/$/, '') || name;
}

/** What makes the keys of an attempt its own, where template, second or both don't. */
function suffixOf({ template, run, attempt, reserved }: KeyParts): string {
  const names = template === undefined ? undefined : placeholdersIn(template);
  if (names?.has('run') === true) {
    // A retry is of the same run, and only a second tells it from the attempt before.
    return attempt > 1 && !isTimed(names) ? `_${attempt}` : '';
  }
  return reserved ? '' : `_${run.slice(-SUFFIX_LENGTH)}`;
}

/** Puts the suffix before the file's ending, which is what stands there, and not a dot in a dataset's name. */
function withSuffix(template: string, suffix: string): string {
  const afterLast = template.slice(Math.max(template.lastIndexOf('}'), template.lastIndexOf('/')) + 1);
  const ending = ENDING.exec(afterLast)?.[0] ?? '';
  return template.slice(0, template.length - ending.length) + suffix + ending;
}

function fill(template: string, { pipeline, dataset, stamp, run }: KeyParts & { readonly dataset: string }): string {
  const [day = '', time = ''] = stamp.split('_');
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  const values: Record<Placeholder, string> = { pipeline, dataset, date, time, run };
  return template.replaceAll(PLACEHOLDER, (whole, name: string) => (Object.hasOwn(values, name) ? values[name as Placeholder] : whole));
}
