import { type Manifest, OWNER_METADATA, type Resource, filesOf, isFileKey, ownerMetadata } from '@esclusa/contract';
import type { ObjectHead } from './bucket.ts';
import { MAX_STATE_BYTES, statesProblem } from './state-bounds.ts';

/** Request of an attempt, which its manifest must keep to. */
export interface AskedOf {
  readonly bucket: string;
  readonly run: string;
  readonly attempt: number;
  /** Undefined where nobody knows any more: entries of earlier versions do not say. */
  readonly pipeline: string | undefined;
  /** Undefined likewise. */
  readonly job?: string | undefined;
  /** Key per dataset; undefined where nobody knows any more. */
  readonly keys: Readonly<Record<string, string>> | undefined;
}

/** Finds the first place where a manifest differs from its attempt's request; undefined where none does. Pure: it asks no S3. */
export function manifestProblem(manifest: Manifest, asked: AskedOf): string | undefined {
  if (manifest.run !== asked.run || manifest.attempt !== asked.attempt) return 'its manifest is of another run or attempt';
  const { pipeline } = asked;
  if (pipeline !== undefined && (manifest.pipeline !== pipeline || manifest.name !== pipeline)) return 'its manifest is of another pipeline';
  if (asked.job !== undefined && manifest.job !== asked.job) return 'its manifest is of another job';
  const { keys } = asked;
  if (keys === undefined) return undefined;
  const names = new Set<string>();
  for (const { name } of manifest.resources) {
    if (names.has(name)) return `its manifest has the dataset ${shown(name)} more than once`;
    if (!Object.hasOwn(keys, name)) return `its manifest has a dataset ${shown(name)}, which nobody asked for`;
    names.add(name);
  }
  const missing = Object.keys(keys).find((name) => !names.has(name));
  if (missing !== undefined) return `its manifest has no dataset ${shown(missing)}`;
  for (const resource of manifest.resources) {
    const problem = resourceProblem(resource, asked.bucket, keys[resource.name] ?? '') ?? stateProblem(resource);
    if (problem !== undefined) return problem;
  }
  const all = statesProblem(Object.fromEntries(manifest.resources.flatMap(({ name, state }) => (state === undefined ? [] : [[name, state]]))));
  return all === undefined ? undefined : `its manifest has states that are too large: ${all}`;
}

function resourceProblem(resource: Resource, bucket: string, key: string): string | undefined {
  const { name, path } = resource;
  const files = filesOf(resource);
  const paths = files.map((file) => file.path);
  if (new Set(paths).size !== paths.length) return `its manifest has a file of ${shown(name)} more than once`;
  if (paths[0] !== key) return `its manifest has no file of ${shown(name)} at the key that it was given`;
  const odd = files.find((file) => !isFileKey(key, file.path) || file.url !== `s3://${bucket}/${file.path}`);
  if (odd !== undefined) return `its manifest has a file of ${shown(name)} elsewhere than at the keys that it was given`;
  if (Array.isArray(path) && JSON.stringify(path) !== JSON.stringify(paths)) return `its manifest has two lists of the files of ${shown(name)}`;
  const [rows, bytes] = [sum(files.map((file) => file.rows)), sum(files.map((file) => file.bytes))];
  return rows === resource.rows && bytes === resource.bytes ? undefined : `its manifest adds the files of ${shown(name)} up wrongly`;
}

function stateProblem({ name, state }: Resource): string | undefined {
  if (state === undefined || Buffer.byteLength(JSON.stringify(state)) <= MAX_STATE_BYTES) return undefined;
  return `its manifest has a state of ${shown(name)} that is larger than ${MAX_STATE_BYTES} bytes`;
}

/** Holds a file that a manifest names against its object in S3; undefined where it is there, whole, and of this very attempt. */
export function fileProblem(key: string, bytes: number, head: ObjectHead | undefined, { run, attempt, token }: Manifest): string | undefined {
  if (head === undefined) return `its file ${shown(key)} is not there`;
  if (head.bytes !== bytes) return `its file ${shown(key)} has ${head.bytes} bytes, and ${bytes} by its manifest`;
  const mark = { ...ownerMetadata(run, attempt), [OWNER_METADATA.token]: token };
  const isOwn = Object.entries(mark).every(([name, value]) => head.metadata[name] === value);
  return isOwn ? undefined : `what stands at ${shown(key)} was written by somebody else`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** A name that a stranger has chosen. */
function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
