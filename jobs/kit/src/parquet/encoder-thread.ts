import { type MessagePort, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

/*
 * The thread that encodes Parquet, so that the job goes on reading meanwhile. This file is both the one that starts it and what runs in it; it is imported by import() alone, so that a
 * bundle has it as a file of its own.
 */

const NAME = 'esclusa-parquet';

/** One for all files of the process. It keeps no process alive. */
let running: Worker | undefined;

/** Gives the thread the port of one more file; it is started by the first. */
export function encodeBeside(port: MessagePort): void {
  if (running === undefined) {
    // Nothing of the environment is its business.
    const worker = new Worker(new URL(import.meta.url), { name: NAME, workerData: NAME, env: {} });
    worker.unref();
    // Whoever waits for a file of it sees its port close.
    worker.on('error', (error) => process.emitWarning(error));
    worker.on('exit', () => {
      if (running === worker) running = undefined;
    });
    running = worker;
  }
  running.postMessage(port, [port]);
}

if (!isMainThread && workerData === NAME) {
  const { encode } = await import('./encoder.ts');
  parentPort?.on('message', (port: MessagePort) => void encode(port));
}
