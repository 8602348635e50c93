import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What was seen of a gateway while a row was played. */
export interface Seen {
  readonly peakMiB: number;
  /** How long each answer of `/health` took; `own`: without what the watching thread itself came late. */
  readonly health: readonly { readonly ms: number; readonly own: number }[];
  /** Answers of `/health` that were not 200, or none. */
  readonly failed: readonly string[];
}

/** The process and where it listens. */
export interface Watched {
  readonly pid: number;
  readonly url: string;
}

/** Samples a gateway's memory every 50 ms and its `/health` every 250 ms, in a thread of its own. */
export class Watch {
  readonly #worker: Worker;

  constructor(watched: Watched) {
    this.#worker = new Worker(new URL('watch.mjs', import.meta.url), { workerData: watched });
    this.#worker.unref();
  }

  /** Begins anew, on this gateway. */
  begin(watch: Watched): void {
    this.#worker.postMessage({ watch }, []);
  }

  /** What was seen since. */
  async take(): Promise<Seen> {
    this.#worker.postMessage({ take: true }, []);
    const [seen] = (await once(this.#worker, 'message')) as [Seen];
    return seen;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
