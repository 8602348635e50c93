import { type AttemptSpec, EngineError } from './engine.ts';

// Linux takes no longer argument or variable (MAX_ARG_STRLEN), its closing zero included.
const LONGEST_BYTES = 128 * 1024 - 1;

/** Refuses a variable that the kernel would not take: the container would start and end at once with nothing but a line of its runtime. */
export function checkEnvironment({ environment }: AttemptSpec): void {
  for (const [name, value] of Object.entries(environment)) {
    const bytes = Buffer.byteLength(`${name}=${value}`);
    if (bytes > LONGEST_BYTES) {
      throw new EngineError('ENGINE_FAILED', `${name} has ${bytes} bytes, and Linux takes 128 KiB in one variable: name fewer or shorter datasets`);
    }
  }
}
