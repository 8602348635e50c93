import { Worker } from 'node:worker_threads';
import type { SchemaAnswer, SchemaQuestion } from './schema-worker.ts';

/*
 * Starts the thread of schema-worker.ts when there is something to ask, ends it soon after, and at once when it takes too long or too much.
 * Questions come one after the other.
 */

// A bundle has the worker as a file beside it.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './schema-worker.ts' : './schema-worker.js', import.meta.url);
/** How long one question may take, the start of the thread aside. */
const ANSWER_MS = 5_000;
const START_MS = 30_000;
const IDLE_MS = 1_000;
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

let running: Promise<Worker> | undefined;
let last: Promise<unknown> = Promise.resolve();
let idle: NodeJS.Timeout | undefined;

/** Asks the thread. Never rejects for what a schema does: that it took too long or too much is in the answer. Rejects when no thread can be started. */
export function askSchema(question: SchemaQuestion, answerMs = ANSWER_MS): Promise<SchemaAnswer> {
  const mine = last.then(() => ask(question, answerMs));
  last = mine.catch(() => undefined);
  return mine;
}

async function ask(question: SchemaQuestion, answerMs: number): Promise<SchemaAnswer> {
  clearTimeout(idle);
  const worker = await (running ??= start());
  // It keeps the process alive only while somebody waits.
  worker.ref();
  try {
    const answered = await reply(worker, answerMs, () => worker.postMessage(question, []));
    return answered as SchemaAnswer;
  } catch (error) {
    await end();
    return { invalid: (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it takes too much memory' : (error as Error).message };
  } finally {
    worker.unref();
    idle = setTimeout(() => void end(), IDLE_MS).unref();
  }
}

async function start(): Promise<Worker> {
  // Nothing of the environment is its business.
  const worker = new Worker(WORKER, { name: 'esclusa-schema', env: {}, resourceLimits: LIMITS });
  try {
    await reply(worker, START_MS, () => undefined);
    return worker;
  } catch (error) {
    running = undefined;
    await worker.terminate();
    throw error;
  }
}

async function end(): Promise<void> {
  const ending = running;
  running = undefined;
  await (await ending?.catch(() => undefined))?.terminate();
}

/** The thread's next message; rejects when it fails, ends, or takes longer than so many ms. */
async function reply(worker: Worker, ms: number, send: () => void): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${ms / 1_000} s`)), ms);
  const onExit = (): void => reject(new Error('its thread ended'));
  worker.once('message', resolve).once('error', reject).once('exit', onExit);
  try {
    send();
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', reject).off('exit', onExit);
    // Heard also when nobody asks: an unheard error would end the gateway.
    if (worker.listenerCount('error') === 0) worker.on('error', () => undefined);
  }
}
