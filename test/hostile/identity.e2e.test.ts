import { JOB_ROLE, S3_USERS } from '../support/policies.ts';
import { identityRows } from './rows/identity.ts';
import { buildImages } from './support/images.ts';
import { allowJobs } from './support/job-identity.ts';
import { playAll } from './support/suite.ts';

buildImages();

// By prefixes alone, as a pair of keys that every run shares can be limited: it may create, and decide, for others too.
playAll('A job with the key pair of jobs, under a policy', identityRows('PUT commits, UPLOAD commits, PUT data of another, UPLOAD data of another'), {
  name: 'hostile-identity',
  environment: { JOB_AWS_ACCESS_KEY_ID: S3_USERS.jobs.accessKeyId, JOB_AWS_SECRET_ACCESS_KEY: S3_USERS.jobs.secretAccessKey },
  prepare: allowJobs,
});

playAll('A job with a session of its own', identityRows('nothing'), {
  name: 'hostile-session',
  environment: { S3_JOB_ROLE: JOB_ROLE },
  prepare: allowJobs,
});
