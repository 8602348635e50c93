import { identityRows } from './rows/identity.ts';
import { buildImages } from './support/images.ts';
import { JOB_KEYS, allowJobs, createJobUser } from './support/job-identity.ts';
import { playAll } from './support/suite.ts';

buildImages();
await createJobUser();

// By prefixes alone, as a pair of keys that every run shares can be limited: it may create, and decide, for others too.
playAll(
  'A job with the key pair of jobs, under a policy',
  identityRows('GET commits, HEAD commits, PUT commits, UPLOAD commits, PUT data of another, UPLOAD data of another'),
  {
    name: 'hostile-identity',
    environment: { JOB_AWS_ACCESS_KEY_ID: JOB_KEYS.accessKeyId, JOB_AWS_SECRET_ACCESS_KEY: JOB_KEYS.secretAccessKey },
    prepare: allowJobs,
  },
);
