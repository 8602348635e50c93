import { readFileSync } from 'node:fs';
import type { JobOutput } from './output.ts';

const EVERY_MS = 1000;

// cgroup v2, then v1, as seen from inside a container.
const PEAK_FILES = ['/sys/fs/cgroup/memory.peak', '/sys/fs/cgroup/memory/memory.max_usage_in_bytes'];

/** Highest memory use of this container so far, in bytes; undefined outside of a cgroup that tells. */
export function memoryPeakBytes(): number | undefined {
  for (const file of PEAK_FILES) {
    try {
      const value = Number(readFileSync(file, 'utf8'));
      if (Number.isSafeInteger(value)) return value;
    } catch {
      // Not this cgroup version: the next one is tried, and having neither is an answer too.
    }
  }
  return undefined;
}

/** Reports one dataset's progress: the first rows at once, then once a second at most; `now: true` reports regardless of the clock. */
export function progressReporter(output: JobOutput, dataset: string, total: number | undefined) {
  let last = Number.NEGATIVE_INFINITY;
  return (rows: number, bytes: number, options: { now?: boolean } = {}): void => {
    const time = performance.now();
    if (options.now !== true && time - last < EVERY_MS) return;
    last = time;
    const peak = memoryPeakBytes();
    output.progress({
      dataset,
      rows,
      bytes,
      ...(total === undefined ? {} : { total }),
      ...(peak === undefined ? {} : { memoryPeakBytes: peak }),
    });
  };
}
