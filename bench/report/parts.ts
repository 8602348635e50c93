import type { Start } from '../measure/start.ts';

/** Lines on the start of runs. */
export function startLines(start: Start): string[] {
  const { post_ms: post, docker_run_ms: run, ratio, timeline_ms: timeline, s3_writes: writes, s3_reads: reads } = start;
  return [
    `start: POST to answer ${post} ms, docker run ${run} ms, ratio ${ratio}`,
    line('ms since acceptance', listed(timeline)),
    line('writes to S3 before the answer', listed(writes.before_answer)),
    line('writes after it', listed(writes.after_answer)),
    line('reads before the answer', listed(reads.before_answer)),
    line('reads after it', listed(reads.after_answer)),
  ];
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(30)} ${value}`;
}

function listed(values: Readonly<Record<string, number>>): string {
  const all = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return all.length === 0 ? 'none' : all.join(', ');
}
