import type { TestBucket } from '../../support/s3.ts';
import { applyPolicies } from '../../support/policies.ts';

/** Applies docs/policies for the pipelines of a stage. */
export async function allowJobs(bucket: TestBucket): Promise<void> {
  await applyPolicies(bucket, ['evil*', 'honest/*']);
}
