import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Measurements of a gateway during a row. */
export interface Seen {
  /** Memory of its own: anonymous and shared pages. */
  readonly peakMiB: number;
  /** How long each answer of `/health` took; `machine`: what a server that does nothing took at the same time, `own` the rest. */
  readonly health: readonly { readonly ms: number; readonly own: number; readonly machine: number }[];
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
  readonly #control: ChildProcess;

  private constructor(worker: Worker, control: ChildProcess) {
    this.#worker = worker;
    this.#control = control;
  }

  static async start({ pid, url }: Watched): Promise<Watch> {
    const control = fork(new URL('control.mjs', import.meta.url), { stdio: 'ignore' });
    const [{ port }] = (await once(control, 'message')) as [{ port: number }];
    const workerData = { pid, url, control: `http://127.0.0.1:${port}` };
    return new Watch(new Worker(new URL('watch.mjs', import.meta.url), { workerData }), control);
  }

  /** Begins anew, on this gateway. */
  begin({ pid, url }: Watched): void {
    this.#worker.postMessage({ watch: { pid, url } }, []);
  }

  /** Returns the measurements since the last `begin` or `take`. */
  async take(): Promise<Seen> {
    this.#worker.postMessage({ take: true }, []);
    const [seen] = (await once(this.#worker, 'message')) as [Seen];
    return seen;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
    this.#control.kill();
  }
}
