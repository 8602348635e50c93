import { runJob } from '@esclusa/kit';
import { mysql } from './job.ts';

await runJob(mysql);
