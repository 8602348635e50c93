// Output of an honest job: a file for each dataset at its own key, and a manifest that is true.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { s3 } from './s3.mjs';
import { request } from './world.mjs';

/** Its image's name: a variant has another. */
const { name: job } = JSON.parse(readFileSync('/app/job.json', 'utf8'));
const CONTENT = 'id\n1\n';
/** The mark of this start of the attempt. */
export const token = randomUUID();

/** Metadata by which the gateway tells an attempt's own objects. */
export function mark({ run = request.run, attempt = request.attempt, token: of = token } = {}) {
  return { 'x-amz-meta-esclusa-run': run, 'x-amz-meta-esclusa-attempt': String(attempt), 'x-amz-meta-esclusa-token': of };
}

/** Puts a file at each dataset's key. */
export async function writeFiles(credentials, headers = mark()) {
  for (const key of Object.values(request.destination.keys)) await s3(credentials, { method: 'PUT', key, body: CONTENT, headers });
}

/** A manifest of what {@link writeFiles} writes. */
export function honestManifest() {
  const { bucket, keys } = request.destination;
  const now = new Date().toISOString();
  return {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: request.pipeline,
    created: now,
    state: 'committed',
    contract: 1,
    run: request.run,
    attempt: request.attempt,
    token,
    pipeline: request.pipeline,
    job,
    snapshot: { consistency: 'snapshot', takenAt: now },
    resources: Object.keys(request.datasets).map((name) => resource(name, keys[name], bucket)),
  };
}

function resource(name, path, bucket) {
  const hash = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;
  const schema = { fields: [{ name: 'id', type: 'integer' }] };
  return { name, path, url: `s3://${bucket}/${path}`, rows: 1, bytes: Buffer.byteLength(CONTENT), hash, lossy: 0, schema };
}

/** Writes a decision to the commit key, by default only where none is; resolves with S3's answer. */
export function commit(credentials, decision, headers = { 'if-none-match': '*' }) {
  const body = typeof decision === 'string' || Buffer.isBuffer(decision) ? decision : JSON.stringify(decision);
  return s3(credentials, { method: 'PUT', key: request.destination.commitKey, body, headers: { 'content-type': 'application/json', ...headers } });
}
