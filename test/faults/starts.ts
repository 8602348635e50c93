import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { docker } from '../support/docker.ts';

/** Counts how often each attempt's container was started, by Docker's own events. */
export class Starts {
  readonly #stream: Readable;
  readonly #started: string[] = [];

  private constructor(stream: Readable) {
    this.#stream = stream;
    createInterface({ input: stream }).on('line', (line) => {
      const { Actor } = JSON.parse(line) as { Actor: { Attributes: Record<string, string> } };
      const { 'esclusa.run': run, 'esclusa.attempt': attempt, 'esclusa.mode': mode = 'run' } = Actor.Attributes;
      if (run !== undefined && mode === 'run') this.#started.push(`${run}/${attempt}`);
    });
  }

  /** Listens to the containers of one installation. */
  static async of(installation: string): Promise<Starts> {
    const filters = { type: ['container' as const], event: ['start'], label: [`esclusa.installation=${installation}`] };
    return new Starts((await docker.getEvents({ filters })) as unknown as Readable);
  }

  /** Starts of all kinds. */
  get count(): number {
    return this.#started.length;
  }

  /** Attempts that were started more than once, as `<run>/<attempt>`, each as often as it was too much. */
  get duplicates(): string[] {
    return this.#started.filter((attempt, at) => this.#started.indexOf(attempt) !== at);
  }

  stop(): void {
    this.#stream.destroy();
  }
}
