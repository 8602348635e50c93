import { runJob } from '@esclusa/kit';
import { postgresql } from './job.ts';

await runJob(postgresql);
