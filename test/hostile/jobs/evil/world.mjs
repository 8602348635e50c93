// The job's request and secrets, and its functions for output. Every write waits until it is out.
import { createInterface } from 'node:readline';

/** The request, as the gateway gave it. */
export const request = JSON.parse(process.env.ESCLUSA_REQUEST);

/** The first secrets line on standard input. */
export async function secrets() {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const { type, values } = JSON.parse(line);
      if (type === 'secrets') return values;
    } catch {
      // Half a line, or none of ours.
    }
  }
  throw new Error('no secrets came');
}

/** Writes text or bytes to a stream. */
export function write(stream, content) {
  return new Promise((resolve) => stream.write(content, resolve));
}

/** Writes a JSON line to stdout. */
export function say(message) {
  return write(process.stdout, `${JSON.stringify(message)}\n`);
}

/** Writes a log line to stderr. */
export function log(message, more = {}) {
  return write(process.stderr, `${JSON.stringify({ type: 'log', level: 'info', message, ...more })}\n`);
}

/** The result line of an honest job. */
export function result(more = {}) {
  return say({ type: 'result', mode: request.mode, commitKey: request.destination.commitKey, datasets: {}, ...more });
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ends the process, streams and timers that are still open included. */
export function leave(status = 0) {
  process.exit(status);
}
