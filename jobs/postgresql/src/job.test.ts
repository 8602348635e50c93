import { describeJobJson, describeSettings } from '../../kit/src/testing/job-description.ts';
import jobJson from '../job.json' with { type: 'json' };
import { postgresql } from './job.ts';
import { readSettings } from './settings.ts';

describeJobJson({ job: postgresql, jobJson, readSettings, secrets: ['POSTGRES_PASSWORD'] });
describeSettings('POSTGRES', { port: 5432 }, readSettings);
