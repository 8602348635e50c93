import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { AttemptExit } from '../engine.ts';
import { inPieces } from '../in-pieces.ts';
import { bounded } from './call.ts';
import { statusOf } from './failure.ts';
import type { Delivery } from './delivery.ts';
import { Demux } from './demux.ts';
import { lastLines, openLog } from './log.ts';
import { Patience } from './patience.ts';
import { type Standing, VANISHED, look } from './state.ts';

type LastLines = Awaited<ReturnType<typeof lastLines>>;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
// Between the end of output and the daemon's own knowledge of the exit lie milliseconds.
const EXIT_AFTER_OUTPUT_MS = 1000;

/** How a container is watched. */
export interface WatchOptions {
  /** Bound of one call to the daemon. */
  readonly callTimeoutMs: number;
  /** How often a container is looked at besides, in case a connection died without a word. */
  readonly pollMs: number;
  /** How long the daemon may be away before the watch is given up. */
  readonly unreachableAfterMs: number;
}

/**
 * Follows a container until it has ended and its output is handed over whole.
 * `live` is the connection that was attached before the start; when there is none, or it breaks, the container's log takes its place,
 * minus what was delivered already. `over` says that the container is known to have ended.
 */
export async function watch(
  container: Docker.Container,
  live: Readable | undefined,
  over: boolean,
  delivery: Delivery,
  options: WatchOptions,
): Promise<AttemptExit> {
  const patience = new Patience(options.unreachableAfterMs);
  let stream = live;
  let known = over;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      // Docker's log reader may miss the last lines of a container that ends while they are followed: then the log is read once more.
      const source = stream !== undefined ? 'live' : known ? 'whole log' : 'growing log';
      if (stream === undefined) {
        stream = await openLog(container, options.callTimeoutMs);
        delivery.fromTheStart();
      }
      const before = delivery.total;
      const ended = await guarded(container, stream, delivery, patience, options);
      if (delivery.total > before) pause = FIRST_PAUSE_MS;
      const { end, lines } = await settled(container, options, patience);
      if (end.kind === 'gone') return VANISHED;
      known = end.kind === 'ended';
      if (end.kind === 'ended' && ended && source !== 'growing log' && (await complete(container, delivery, source, options, lines))) return end.exit;
    } catch (error) {
      if (statusOf(error) === 404) return VANISHED;
      patience.failed(error);
    }
    stream = undefined;
    if (!known) await sleep(pause);
  }
}

/** Reads a stream to its end, while looking now and then whether the container still lives. */
async function guarded(container: Docker.Container, stream: Readable, delivery: Delivery, patience: Patience, options: WatchOptions): Promise<boolean> {
  const done = new AbortController();
  let failure: unknown;
  const guarding = guard(container, stream, delivery, patience, options, done.signal).catch((error: unknown) => {
    failure = error;
    stream.destroy();
  });
  const whole = await pump(stream, delivery);
  done.abort();
  await guarding;
  if (failure !== undefined) throw failure;
  return whole;
}

/** Hands a stream on; true when it ended by itself and at the end of a frame. */
async function pump(stream: Readable, delivery: Delivery): Promise<boolean> {
  const demux = new Demux((kind, chunk) => delivery.take(kind, chunk));
  try {
    for await (const piece of inPieces(stream)) demux.write(piece);
    return demux.betweenFrames;
  } catch {
    // Cut, or not Docker's frames any more, which is as good as cut: the log is read instead.
    stream.destroy();
    return false;
  }
}

/** Cuts a stream that stays open though its container is over, and gives up when the daemon is away for too long. */
async function guard(
  container: Docker.Container,
  stream: Readable,
  delivery: Delivery,
  patience: Patience,
  { pollMs, callTimeoutMs }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let seen = delivery.total;
  let over = false;
  for (;;) {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const quiet = delivery.total === seen;
    if (over && quiet) return void stream.destroy();
    seen = delivery.total;
    try {
      const { kind } = await look(container, callTimeoutMs, signal);
      over = kind === 'ended' || kind === 'gone';
      patience.reached();
    } catch (error) {
      if (signal.aborted) return;
      // Output that still flows is an answer too.
      if (quiet) patience.failed(error);
      else patience.reached();
    }
  }
}

/** Where the container stands once its output has ended; with its log's last lines, if it was known to be over before they were read. */
async function settled(
  container: Docker.Container,
  { callTimeoutMs }: WatchOptions,
  patience: Patience,
): Promise<{ end: Standing; lines: LastLines | undefined }> {
  const over = await bounded('wait', EXIT_AFTER_OUTPUT_MS, (abortSignal) => container.wait({ abortSignal })).then(
    () => true,
    () => false,
  );
  const [end, lines] = await Promise.all([look(container, callTimeoutMs), over ? lastLines(container, callTimeoutMs) : undefined]);
  patience.reached();
  return { end, lines };
}

/**
 * Whether the last lines have been delivered. A connection that was cut at the very moment of the exit looks like one that ended well,
 * and a log that rotated has lost its start; so they are compared with the log's.
 */
async function complete(
  container: Docker.Container,
  delivery: Delivery,
  source: 'live' | 'whole log',
  { callTimeoutMs }: WatchOptions,
  lines: LastLines | undefined,
): Promise<boolean> {
  const missing = (lines ?? (await lastLines(container, callTimeoutMs))).filter(({ kind, line }) => !delivery.endedWith(kind, line));
  if (missing.length > 0 && source === 'live') return false;
  for (const { kind, line } of missing) delivery.addLine(kind, line);
  return true;
}
