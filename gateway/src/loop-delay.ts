import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';

const EVERY_MS = 10_000;
const NS_PER_MS = 1e6;

/** Has the log say, at level `debug`, how late the event loop has been in the last ten seconds; what stops it is returned. Costs nothing at other levels. */
export function logLoopDelay(log: Logger): () => void {
  if (!log.isLevelEnabled('debug')) return () => {};
  const delay = monitorEventLoopDelay();
  delay.enable();
  const timer = setInterval(() => {
    // All steps of the histogram, so that several times ten seconds can be taken together.
    const steps = [...delay.percentiles].map(([percentile, ns]) => [percentile, ms(ns)]);
    log.debug({ loopDelayMs: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max), count: delay.count, steps } }, 'event loop');
    delay.reset();
  }, EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

function ms(ns: number): number {
  return Math.round(ns / NS_PER_MS);
}
