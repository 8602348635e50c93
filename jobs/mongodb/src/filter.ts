import { JobError } from '@esclusa/contract';
import { BSON, type Document } from 'mongodb';
import type { Dataset } from './dataset.ts';

/** A filter as find takes it; Extended JSON is how dates, ObjectIds and the like are written in a pipeline. */
export function parseFilter(filter: Dataset['filter']): Document {
  if (filter === undefined) return {};
  try {
    return BSON.EJSON.parse(JSON.stringify(filter), { relaxed: false }) as Document;
  } catch (cause) {
    throw new JobError('QUERY_INVALID', `"filter" is no Extended JSON: ${(cause as Error).message}`, { cause, details: { field: 'filter' } });
  }
}
