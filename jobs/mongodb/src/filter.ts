import { JobError } from '@esclusa/contract';
import { BSON, type Document } from 'mongodb';
import type { Dataset } from './dataset.ts';

/** The filter that reads a dataset: its own, that of its increment, and that each document is drawn or not, by the server. */
export function filterOf({ filter, sample }: Pick<Dataset, 'filter' | 'sample'>, increment?: Document): Document {
  const drawn = sample === undefined ? [] : [{ $expr: { $lt: [{ $rand: {} }, sample / 100] } }];
  const filters = [...(filter === undefined ? [] : [parseFilter(filter)]), ...(increment === undefined ? [] : [increment]), ...drawn];
  return filters.length > 1 ? { $and: filters } : (filters[0] ?? {});
}

/** A filter as find takes it; Extended JSON is how dates, ObjectIds and the like are written in a pipeline. */
export function parseFilter(filter: Dataset['filter']): Document {
  if (filter === undefined) return {};
  try {
    return BSON.EJSON.parse(JSON.stringify(filter), { relaxed: false }) as Document;
  } catch (cause) {
    throw new JobError('QUERY_INVALID', `"filter" is no Extended JSON: ${(cause as Error).message}`, { cause, details: { field: 'filter' } });
  }
}
