import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { EngineError } from '../engine.ts';
import { bounded } from './call.ts';
import { engineError } from './failure.ts';
import { look } from './state.ts';

/** Attaches to a container; the connection is hijacked, so that it carries both directions. */
export async function attach(container: Docker.Container, timeoutMs: number, streams: { output: boolean }): Promise<Duplex> {
  const { output } = streams;
  const options = { stream: true, hijack: true, stdin: true, stdout: output, stderr: output };
  const stream = (await bounded('attach', timeoutMs, (abortSignal) => container.attach({ ...options, abortSignal }))) as Duplex;
  // Heard from the first moment: an unheard 'error' would end the gateway.
  stream.on('error', () => undefined);
  return stream;
}

/** Writes a line to a container's standard input: on the attached connection while there is one, else on a new one. */
export async function sendLine(container: Docker.Container, live: Duplex | undefined, line: string, timeoutMs: number): Promise<void> {
  if (live?.writable) {
    try {
      return await write(live, line, timeoutMs);
    } catch {
      // The connection broke; the container may live on. A line cut in half does no harm: the job skips what is not valid.
    }
  }
  let fresh: Duplex | undefined;
  try {
    const { kind } = await look(container, timeoutMs);
    if (kind !== 'running') throw new EngineError('ENGINE_FAILED', 'the container takes no input: it is not running');
    fresh = await attach(container, timeoutMs, { output: false });
    await write(fresh, line, timeoutMs);
    // Closing does not close the container's standard input, since StdinOnce is off.
    fresh.end();
  } catch (error) {
    fresh?.destroy();
    throw engineError(error, 'sending to a container');
  }
}

function write(stream: Duplex, line: string, timeoutMs: number): Promise<void> {
  return bounded('stdin', timeoutMs, () => new Promise((resolve, reject) => stream.write(line, (error) => (error ? reject(error) : resolve()))));
}
