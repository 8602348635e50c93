import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, ContainerInspectInfo } from 'dockerode';
import type { Attempt, AttemptExit, AttemptId, OutputSink } from '../engine.ts';
import { Demultiplexer } from './demux.ts';
import { engineError, isUnreachable, statusOf, tolerate } from './failure.ts';

const POLL_MS = 1_000;
/** How long the daemon may be away before waiting for a container is given up. */
const UNREACHABLE_MS = 60_000;
/** After the exit the rest of the output comes at once; a stream that stays open longer is broken. */
const DRAIN_MS = 10_000;

/** A container of ours, attached to. */
export class DockerAttempt implements Attempt {
  readonly id: AttemptId;
  readonly handle: string;
  readonly ended: Promise<AttemptExit>;
  readonly #container: Container;
  readonly #sink: OutputSink;
  #stream: Duplex | undefined;
  #drained: Promise<void> = Promise.resolve();
  #broken = false;

  private constructor(id: AttemptId, container: Container, sink: OutputSink, started: Promise<void>) {
    this.id = id;
    this.handle = container.id;
    this.#container = container;
    this.#sink = sink;
    this.ended = started.then(() => this.#waitForEnd());
    // Whoever needs the end awaits it; a failure that nobody awaits must not end the process.
    this.ended.catch(() => {});
  }

  /** Attaches to a created container, then starts it, so that not a byte is missed. */
  static async start(id: AttemptId, container: Container, sink: OutputSink): Promise<DockerAttempt> {
    const { promise: started, resolve } = Promise.withResolvers<void>();
    const attempt = new DockerAttempt(id, container, sink, started);
    await attempt.#attach(false);
    await tolerate(container.start(), 304);
    resolve();
    return attempt;
  }

  /** Attaches to a container in any state; what it wrote before is handed over first. */
  static async adopt(id: AttemptId, container: Container, state: string, sink: OutputSink): Promise<DockerAttempt> {
    if (state === 'created') return DockerAttempt.start(id, container, sink);
    const attempt = new DockerAttempt(id, container, sink, Promise.resolve());
    await attempt.#attach(true);
    return attempt;
  }

  async send(line: string): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || !stream.writable) throw new Error('the container takes no input any more');
    await new Promise<void>((resolve, reject) => {
      stream.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }

  async stop(graceSeconds: number): Promise<void> {
    try {
      await tolerate(this.#container.stop({ t: Math.ceil(graceSeconds) }), 304, 404);
    } catch (error) {
      throw engineError(error, 'stopping the container');
    }
  }

  async remove(): Promise<void> {
    this.#stream?.destroy();
    try {
      await tolerate(this.#container.remove({ force: true, v: true }), 404, 409);
    } catch (error) {
      throw engineError(error, 'removing the container');
    }
  }

  async #attach(logs: boolean): Promise<void> {
    const stream = (await this.#container.attach({ stream: true, stdin: true, stdout: true, stderr: true, logs, hijack: true })) as Duplex;
    const demultiplexer = new Demultiplexer(this.#sink);
    this.#stream = stream;
    this.#drained = new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
      stream.once('end', resolve);
      stream.once('close', resolve);
      stream.on('error', () => {
        this.#broken = true;
        resolve();
      });
    });
  }

  /** Exit is not the end of output: waits for both, then asks how it ended. */
  async #waitForEnd(): Promise<AttemptExit> {
    const waited = await this.#exitStatus();
    const inspected = await this.#inspect();
    const timeUp = sleep(DRAIN_MS, 'time up' as const, { ref: false });
    if ((await Promise.race([this.#drained, timeUp])) === 'time up') this.#broken = true;
    this.#stream?.destroy();
    if (inspected === undefined) return { status: waited, oomKilled: false };
    if (this.#broken) await this.#replay();
    const { ExitCode, OOMKilled, StartedAt, FinishedAt, Error: engineSaid } = inspected.State;
    return {
      status: ExitCode,
      oomKilled: OOMKilled,
      startedAt: new Date(StartedAt),
      finishedAt: new Date(FinishedAt),
      ...(engineSaid ? { engineError: engineSaid } : {}),
    };
  }

  /** Waits until the container has ended, through a daemon that goes away for a while; undefined when the container is gone. */
  async #exitStatus(): Promise<number | undefined> {
    for (;;) {
      try {
        const { StatusCode } = (await this.#container.wait()) as { StatusCode: number };
        return StatusCode;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        // The daemon has gone, and with it perhaps our stream.
        this.#broken = true;
      }
      const inspected = await this.#inspect();
      if (inspected === undefined) return undefined;
      if (!inspected.State.Running) return inspected.State.ExitCode;
      await sleep(POLL_MS);
      await this.#attach(false).catch(() => {});
    }
  }

  /** What Docker says of the container; undefined when it is gone. Rejects when the daemon stays away. */
  async #inspect(): Promise<ContainerInspectInfo | undefined> {
    for (const since = performance.now(); ;) {
      try {
        return await tolerate(this.#container.inspect(), 404);
      } catch (error) {
        if (!isUnreachable(error) || performance.now() - since > UNREACHABLE_MS) throw engineError(error, 'looking at the container');
      }
      await sleep(POLL_MS);
    }
  }

  /** After a broken stream the kept log is handed over again, whole: a line twice does no harm, a lost result would. */
  async #replay(): Promise<void> {
    const kept = await tolerate(this.#container.logs({ stdout: true, stderr: true, follow: false }), 404);
    if (kept !== undefined) new Demultiplexer(this.#sink).push(Buffer.from('\0\0\0\0\0\0\0\x01\n', 'latin1'));
    if (kept !== undefined) new Demultiplexer(this.#sink).push(kept);
  }
}
