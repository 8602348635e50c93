import type { Sink } from '../lab/sinks.ts';
import { runContainer } from '../lab/run-container.ts';
import type { Table } from '../data/tables.ts';
import type { Sample } from '../measure/sample.ts';
import { BUCKET } from '../lab/names.ts';

const MiB = 1024 * 1024;
/** What a job of ours has too. */
const CPUS = 2;
const MEMORY_MIB = 4096;
const TIMEOUT_SECONDS = 600;

/** What a peer is told: what to copy, and where to. */
export interface Copy {
  readonly table: Table;
  /** CSV without it. */
  readonly format?: 'parquet' | undefined;
  readonly endpoint: string;
  readonly key: string;
}

/** Something that others use to get a table into S3, in a container of its own. */
export interface Peer {
  readonly name: string;
  readonly image: string;
  readonly binds?: readonly string[];
  /** What bash runs; its exit status counts. */
  readonly script: (copy: Copy) => string;
  readonly environment: (copy: Copy) => Readonly<Record<string, string>>;
}

// The kernel's own count, of cgroups of either version.
const PEAK = '$(cat /sys/fs/cgroup/memory.peak 2>/dev/null || cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes)';

/** Runs a peer once; rejects unless it ends well and its object is in S3. */
export async function runPeer(peer: Peer, { table, format }: Pick<Copy, 'table' | 'format'>, sink: Sink): Promise<Sample> {
  const key = `peers/${table.name}.${format ?? 'csv'}`;
  const copy: Copy = { table, format, endpoint: sink.endpoint, key };
  const script = `set -euo pipefail\nbegan=\${EPOCHREALTIME/./}\n${peer.script(copy)}\necho "took $((\${EPOCHREALTIME/./} - began)) peak ${PEAK}"`;
  const ended = await runContainer({
    image: peer.image,
    command: ['bash', '-c', script],
    environment: peer.environment(copy),
    binds: peer.binds ?? [],
    cpus: CPUS,
    memoryMiB: MEMORY_MIB,
    timeoutSeconds: TIMEOUT_SECONDS,
  });
  const [, took, peak] = /took (\d+) peak (\d+)/.exec(ended.output) ?? [];
  if (took === undefined || peak === undefined) throw new Error(`${peer.name} ended without its figures: ${ended.output.slice(-500)}`);
  const bytes = await sink.size(key);
  if (bytes < table.rows) throw new Error(`${peer.name} left ${bytes} bytes of ${table.rows} rows`);
  return { seconds: ended.seconds, within: Number(took) / 1e6, bytes, peakMiB: Number(peak) / MiB };
}

/** Where a peer's object goes, as `s3://bucket/key` without the scheme. */
export function pathOf({ key }: Copy): string {
  return `${BUCKET}/${key}`;
}
