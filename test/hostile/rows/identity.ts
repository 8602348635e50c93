import type { Row } from '../support/row.ts';
import type { Stage } from '../support/stage.ts';
import { honestRun } from './forged.ts';

/** A call that a job makes with its credentials, and the HTTP status that S3 answers. */
interface Status {
  readonly what: string;
  readonly method: string;
  readonly status: number;
}

const IN_FLIGHT = ['open', 'attempts', 'cancels', 'idem', 'schedules'];
const STANDING = ['runs', 'states', 'latest', 'index/all', 'index/pipeline/honest', 'stamps', 'logs', 'probes', 'commits'];
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'LIST', 'UPLOAD'];

/** Calls on one key; listing is of its folder. */
function callsOn(what: string, key: string): object[] {
  return METHODS.map((method) => {
    const named = { what, method };
    if (method === 'LIST') return { ...named, call: { method: 'GET', query: { 'list-type': '2', prefix: key.slice(0, key.lastIndexOf('/') + 1) } } };
    if (method === 'UPLOAD') return { ...named, call: { method: 'POST', key, query: { uploads: '' } } };
    return { ...named, call: { method, key, body: method === 'PUT' ? '{}' : '' } };
  });
}

/** Returns the calls that a job may make on the bucket, by prefix and verb; S3 must refuse all others. */
async function allowed(stage: Stage): Promise<string> {
  const { path } = await stage.owner();
  const { file } = await honestRun(stage);
  const keys = [...IN_FLIGHT.map((name) => [name, `_esclusa/${name}/${path}/x.json`]), ...STANDING.map((name) => [name, `_esclusa/${name}/x/1.json`])] as [
    string,
    string,
  ][];
  for (const [, key] of keys) await stage.plant(key);
  const calls = [...keys, ['data of another', file] as const].flatMap(([what, key]) => callsOn(what, key));
  const bucket = [
    { what: 'bucket', method: 'LIST', call: { method: 'GET', query: { 'list-type': '2' } } },
    { what: 'bucket', method: 'UPLOADS', call: { method: 'GET', query: { uploads: '' } } },
  ];
  const told = await stage.evil({ do: 'poison', tell: true, calls: [...calls, ...bucket] });
  const { statuses = [] } = (told.body['details'] ?? {}) as { statuses?: Status[] };
  await stage.bucket.abortUploads();
  if (statuses.length !== calls.length + bucket.length)
    return `it made ${statuses.length} calls of ${calls.length + bucket.length}: ${told.text.slice(0, 200)}`;
  const done = statuses.filter(({ status }) => status < 400 || status === 404).map(({ what, method }) => `${method} ${what}`);
  return done.length === 0 ? 'nothing' : done.join(', ');
}

/** Every prefix by every verb, with a job's credentials from inside a job; `answered`: what it may do. */
export function identityRows(answered: string): Row[] {
  return [{ name: `a job's credentials on ${IN_FLIGHT.length + STANDING.length + 2} prefixes by ${METHODS.length} verbs`, answered, act: allowed }];
}
