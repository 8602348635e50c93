import type { Job } from '@esclusa/kit';
import packageJson from '../package.json' with { type: 'json' };
import { type Dataset, datasetSchema } from './dataset.ts';
import { openSession } from './session.ts';

/** The MongoDB job: collections and views, as columns of dotted paths, from one snapshot where the server keeps one. */
export const mongodb: Job<Dataset> = { name: 'mongodb', version: packageJson.version, dataset: datasetSchema, connect: openSession };
