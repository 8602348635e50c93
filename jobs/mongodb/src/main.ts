import { runJob } from '@esclusa/kit';
import { mongodb } from './job.ts';

await runJob(mongodb);
