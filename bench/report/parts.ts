import type { GatewayLoad } from '../measure/gateway-load.ts';
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

/** Lines on the gateway under very many POSTs. */
export function gatewayLines(load: GatewayLoad): string[] {
  const {
    posts,
    slots,
    answered,
    statuses,
    seconds,
    ended,
    runs_per_second: rate,
    rest_seconds: rest,
    idle_mb: idle,
    peak_mb: peak,
    loop_delay_ms: delay,
  } = load;
  const told =
    delay === undefined
      ? 'not told'
      : `p99 ${delay.p99} of ${delay.looks} looks; of ten seconds ${delay.median_p99} (median), ${delay.worst_p99} (worst), longest ${delay.max}; ${delay.windows} times ten seconds`;
  return [
    `gateway: ${answered} of ${posts} POSTs at once were answered within ${seconds} s, in which ${ended} runs ended, ${rate} a second in ${slots} slots`,
    line('answers by status', listed(statuses)),
    line('MB in docker stats', `${idle} at rest for ${rest} s, ${peak} at the peak`),
    line('event loop, delay in ms', told),
  ];
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(30)} ${value}`;
}

function listed(values: Readonly<Record<string, number>>): string {
  const all = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return all.length === 0 ? 'none' : all.join(', ');
}
