import { runJob } from '@esclusa/kit';
import packageJson from '../package.json' with { type: 'json' };
import { datasetSchema } from './dataset.ts';
import { openSession } from './session.ts';

await runJob({ name: 'postgresql', version: packageJson.version, dataset: datasetSchema, connect: openSession });
