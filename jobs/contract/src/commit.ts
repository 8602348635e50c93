import { z } from 'zod';
import { listOf } from './lists.ts';
import { schemaChangesSchema } from './schema-changes.ts';
import { datasetStateSchema } from './states.ts';
import { CONTRACT_VERSION } from './version.ts';

const count = z.int().min(0);

/** Profile of a manifest: the Data Package standard, version 2 (https://datapackage.org/standard/data-package/). */
export const DATA_PACKAGE = 'https://datapackage.org/profiles/2.0/datapackage.json';

/** A column, as a field of Table Schema (https://datapackage.org/standard/table-schema/), with what its source calls its type. */
export const columnSchema = z.looseObject({
  name: z.string(),
  /** Type of Table Schema: string, number, integer, boolean, date, time, datetime, duration, object, array, any. */
  type: z.string(),
  format: z.string().optional(),
  /** The type in the source's own words. */
  sourceType: z.string().optional(),
});
export type Column = z.infer<typeof columnSchema>;

/** What a manifest must say of one published file. */
export const publishedFileSchema = z.looseObject({
  /** Key of the object, which is its path from the bucket's root. */
  path: z.string(),
  /** `s3://<bucket>/<key>` */
  url: z.string(),
  /** Data rows, the header not counted. */
  rows: count,
  bytes: count,
  /** SHA-256 of the object's bytes: `sha256:` and lower-case hex. */
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});
export type PublishedFile = z.infer<typeof publishedFileSchema>;

/**
 * What a manifest must say of one published dataset, as a Data Resource; the kit's say more (docs/manifest.md). Of a dataset of one file `path`, `url` and `hash` are
 * the file's; one of several files (`files`) has neither `url` nor `hash`, and its `path` is the list of theirs, as the standard has it: who reads it
 * as if it were one file finds nothing, and not a part that passes for the whole.
 */
export const resourceSchema = z
  .looseObject({
    /** The dataset. */
    name: z.string(),
    path: z.union([publishedFileSchema.shape.path, listOf(publishedFileSchema.shape.path, { least: 2 })]),
    url: publishedFileSchema.shape.url.optional(),
    hash: publishedFileSchema.shape.hash.optional(),
    /** Of all its files. */
    rows: count,
    bytes: count,
    /** The files, in the order of the rows, where there are several. */
    files: listOf(publishedFileSchema, { least: 2 }).optional(),
    /** Values whose conversion lost something, over all columns. */
    lossy: count.default(0),
    schema: z.looseObject({ fields: listOf(columnSchema) }).optional(),
    /** Which part of the dataset it is, of an incremental one; in the job's own words. */
    incremental: z.record(z.string(), z.unknown()).optional(),
    /** What the next run of an incremental dataset is given. */
    state: datasetStateSchema.optional(),
    /** How its columns differ from those of the pipeline's latest manifest; left out where they don't, or where there is none. */
    schemaChanges: schemaChangesSchema.optional(),
  })
  .refine(({ path, url, hash, files }) => (files === undefined ? typeof path === 'string' && url !== undefined && hash !== undefined : Array.isArray(path)), {
    error: 'a dataset of one file has path, url and hash; one of several has files, and path is the list of theirs',
  });
export type Resource = z.infer<typeof resourceSchema>;

/** The point in time that every dataset was read at, as the source tells it; what more there is differs between sources. */
export const snapshotSchema = z.looseObject({
  /** What was had: `snapshot`, `partial` or `none`. */
  consistency: z.string(),
  /** When it was taken, by the source's clock. */
  takenAt: z.iso.datetime().optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

const decision = {
  /** Version of the job contract. */
  contract: z.literal(CONTRACT_VERSION),
  run: z.string(),
  attempt: z.int().min(1),
  /** Random mark of the writer: who reads back its own mark after a 412 knows that an earlier try of the same PUT had succeeded. */
  token: z.string(),
};

/** The manifest: a Data Package, whose being at the commit key is the commit. */
export const committedSchema = z.looseObject({
  $schema: z.literal(DATA_PACKAGE),
  /** The pipeline. */
  name: z.string(),
  created: z.iso.datetime(),
  state: z.literal('committed'),
  ...decision,
  pipeline: z.string(),
  job: z.string(),
  snapshot: snapshotSchema,
  resources: listOf(resourceSchema, { least: 1 }),
});
export type Manifest = z.infer<typeof committedSchema>;

/** Written instead of a manifest by whoever gives the attempt up; after it nothing of the attempt may stay. */
export const abortedSchema = z.object({
  state: z.literal('aborted'),
  ...decision,
  by: z.string(),
  reason: z.string(),
  abortedAt: z.iso.datetime(),
});
export type Aborted = z.infer<typeof abortedSchema>;

/** Content of a commit key: written once, by `If-None-Match: *`, and never changed. */
export const commitSchema = z.discriminatedUnion('state', [committedSchema, abortedSchema]);
export type Commit = z.infer<typeof commitSchema>;

/** What a manifest says of one dataset. */
export function resourceOf(manifest: Pick<Manifest, 'resources'>, dataset: string): Resource | undefined {
  return manifest.resources.find(({ name }) => name === dataset);
}

/** The files of a dataset, in the order of their rows. */
export function filesOf({ path, url, rows, bytes, hash, files }: Resource): readonly PublishedFile[] {
  if (files !== undefined) return files;
  if (typeof path !== 'string' || url === undefined || hash === undefined) throw new Error('a dataset of one file has path, url and hash');
  return [{ path, url, rows, bytes, hash }];
}

/**
 * User metadata of every object that an attempt publishes: `run` and `attempt`, by which a sweep tells its own objects from a stranger's,
 * and the manifest's `token`, by which a job that was started twice for one attempt tells its own from those of the other start.
 */
export const OWNER_METADATA = { run: 'esclusa-run', attempt: 'esclusa-attempt', token: 'esclusa-token' } as const;

/** The metadata of all of one attempt's objects, as S3 returns it. */
export function ownerMetadata(run: string, attempt: number): Record<string, string> {
  return { [OWNER_METADATA.run]: run, [OWNER_METADATA.attempt]: String(attempt) };
}
