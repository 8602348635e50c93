import type { Job } from '@esclusa/kit';
import packageJson from '../package.json' with { type: 'json' };
import { type Dataset, datasetSchema } from './dataset.ts';
import { openSession } from './session.ts';

/** The MySQL job, for MySQL and MariaDB: tables, views and queries by the text protocol, from one snapshot. */
export const mysql: Job<Dataset> = { name: 'mysql', version: packageJson.version, dataset: datasetSchema, connect: openSession };
