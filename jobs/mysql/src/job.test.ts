import { describeJobJson, describeSettings } from '../../kit/src/testing/job-description.ts';
import jobJson from '../job.json' with { type: 'json' };
import { mysql } from './job.ts';
import { readSettings } from './settings.ts';

describeJobJson({ job: mysql, jobJson, readSettings, secrets: ['MYSQL_PASSWORD'] });
describeSettings('MYSQL', { port: 3306 }, readSettings);
