import { describeEngine } from '../../gateway/src/engine/conformance.ts';
import { ProcessEngine } from '../../gateway/src/engine/process/process.ts';

const jobsFolder = new URL('jobs', import.meta.url).pathname;

describeEngine('process', { adopts: false, limits: false, isolates: false, keeps: false }, async () => ({
  engine: new ProcessEngine({ jobsFolder }),
  another: () => new ProcessEngine({ jobsFolder }),
  job: 'conformance',
  invalidJob: 'invalid',
  unknownJobMend: jobsFolder,
  cleanUp: async () => {},
}));
