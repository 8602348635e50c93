import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Attempt, type AttemptExit, type AttemptId, EngineError, type OutputSink } from '../engine.ts';
import { bounded } from './call.ts';
import { engineError, statusOf } from './failure.ts';
import { Delivery } from './delivery.ts';
import { sendLine } from './stdin.ts';
import { containerName } from './to-container.ts';
import { type WatchOptions, watch } from './watch.ts';

const REMOVE_TRIES = 25;
const REMOVE_PAUSE_MS = 200;

/** An attempt of an installation, which together name its container. */
export type NamedAttempt = AttemptId & { readonly installation: string };

/** An attempt that runs in a Docker container. */
export class ContainerAttempt implements Attempt {
  readonly id: AttemptId;
  readonly handle: string;
  readonly name: string;
  readonly ended: Promise<AttemptExit>;
  readonly #container: Docker.Container;
  readonly #live: Duplex | undefined;
  readonly #options: WatchOptions;
  #over = false;

  /** `live` is the connection attached before the start; without it the output is read from the log. `over`: it is known to have ended. */
  constructor(
    id: NamedAttempt,
    container: Docker.Container,
    { live, over = false }: { live?: Duplex; over?: boolean },
    output: OutputSink,
    options: WatchOptions,
  ) {
    this.id = { run: id.run, attempt: id.attempt };
    this.handle = container.id;
    this.name = containerName(id);
    this.#container = container;
    this.#live = live;
    this.#options = options;
    this.ended = watch(container, live, over, new Delivery(output), options).finally(() => {
      this.#over = true;
      live?.destroy();
    });
    // Whoever awaits `ended` still sees the rejection; this only says that it is not unheard.
    this.ended.catch(() => undefined);
  }

  async send(line: string): Promise<void> {
    if (this.#over) throw new EngineError('ENGINE_FAILED', 'the container takes no input: it has ended');
    await sendLine(this.#container, this.#live, line, this.#options.callTimeoutMs);
  }

  async stop(graceSeconds: number): Promise<void> {
    const t = Math.max(0, Math.ceil(graceSeconds));
    try {
      await bounded('stop', t * 1000 + this.#options.callTimeoutMs, (abortSignal) => this.#container.stop({ t, abortSignal }));
    } catch (error) {
      // Stopped already, or gone.
      if (![304, 404].includes(statusOf(error) ?? 0)) throw engineError(error, 'stopping a container');
    }
    await this.ended.catch(() => undefined);
  }

  async remove(): Promise<void> {
    await removeContainer(this.#container, this.#options.callTimeoutMs);
  }
}

/** Removes a container, running or not; one that is gone, or that somebody else is removing, is fine. */
export async function removeContainer(container: Docker.Container, timeoutMs: number): Promise<void> {
  for (let left = REMOVE_TRIES; ; left--) {
    try {
      return void (await bounded('remove', timeoutMs, (abortSignal) => container.remove({ force: true, v: true, abortSignal })));
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return;
      // 409: under removal already, so its being gone is waited for. 500: a mount that is busy for a moment.
      if ((status !== 409 && status !== 500) || left === 0) throw engineError(error, 'removing a container');
    }
    await sleep(REMOVE_PAUSE_MS);
  }
}
