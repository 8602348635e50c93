import { z } from 'zod';
import { CONTRACT_VERSION } from './version.ts';

const count = z.int().min(0);

/** A column as the source names and types it. */
export const columnSchema = z.object({ name: z.string(), type: z.string() });
export type Column = z.infer<typeof columnSchema>;

/** What the manifest says of one published dataset. */
export const manifestDatasetSchema = z.object({
  url: z.string(),
  key: z.string(),
  /** Data rows, the header not counted. */
  rows: count,
  bytes: count,
  /** SHA-256 of the object's bytes, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  columns: z.array(columnSchema),
  /** Columns left out because their name says password or token. */
  omittedColumns: z.array(z.string()),
});
export type ManifestDataset = z.infer<typeof manifestDatasetSchema>;

const decision = {
  version: z.literal(CONTRACT_VERSION),
  run: z.string(),
  attempt: z.int().min(1),
  /** Random mark of the writer: who reads back its own mark after a 412 knows that an earlier try of the same PUT had succeeded. */
  token: z.string(),
};

/** The manifest; its being at the commit key is the commit. */
export const committedSchema = z.object({
  state: z.literal('committed'),
  ...decision,
  pipeline: z.string(),
  job: z.string(),
  committedAt: z.iso.datetime(),
  /** The point in time that every dataset was read at, as the source tells it. */
  snapshot: z.record(z.string(), z.unknown()),
  datasets: z.record(z.string(), manifestDatasetSchema),
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

/** User metadata of every object that an attempt publishes, by which a sweep tells its own objects from a stranger's. */
export const OWNER_METADATA = { run: 'esclusa-run', attempt: 'esclusa-attempt' } as const;

/** The metadata of one attempt's objects, as S3 returns it. */
export function ownerMetadata(run: string, attempt: number): Record<string, string> {
  return { [OWNER_METADATA.run]: run, [OWNER_METADATA.attempt]: String(attempt) };
}
