import type { Job } from '@esclusa/kit';
import packageJson from '../package.json' with { type: 'json' };
import { type Dataset, datasetSchema } from './dataset.ts';
import { openSession } from './session.ts';

/** The PostgreSQL job: tables, views and queries by SELECT, from one snapshot. */
export const postgresql: Job<Dataset> = { name: 'postgresql', version: packageJson.version, dataset: datasetSchema, connect: openSession };
