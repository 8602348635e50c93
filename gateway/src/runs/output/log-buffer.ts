const MAX_BYTES = 1024 * 1024;
// Each line costs memory beside its bytes.
const MAX_LINES = 20_000;
// Longer ones have their own share of what they keep alive, and copying them would cost more than it saves.
const COPIED_BELOW = 4_096;

/** The last lines of a job's output: at most 1 MiB and 20,000 lines, oldest first; what had to go is counted and said. */
export class LogBuffer {
  #lines: string[] = [];
  #first = 0;
  #bytes = 0;
  #dropped = 0;

  /** Takes the next line, without its line end. */
  push(line: string): void {
    // A short piece of a chunk would keep the whole chunk in memory; a copy doesn't.
    this.#lines.push(line.length < COPIED_BELOW ? Buffer.from(line).toString() : line);
    this.#bytes += Buffer.byteLength(line) + 1;
    while (this.#bytes > MAX_BYTES || this.#lines.length - this.#first > MAX_LINES) this.#drop();
  }

  /** All that is kept, each line with its end; a first line says how many came before and were dropped. */
  text(): string {
    const kept = this.#lines.slice(this.#first);
    const all = this.#dropped === 0 ? kept : [droppedLine(this.#dropped), ...kept];
    return all.map((line) => `${line}\n`).join('');
  }

  #drop(): void {
    this.#bytes -= Buffer.byteLength(this.#lines[this.#first] ?? '') + 1;
    this.#lines[this.#first] = '';
    this.#first++;
    this.#dropped++;
    // Moving the rest for each line would cost as much as the lines are many.
    if (this.#first > MAX_LINES) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }
}

function droppedLine(count: number): string {
  return JSON.stringify({
    type: 'log',
    level: 'warn',
    event: 'log-cut',
    message: `${count} earlier lines were dropped: Esclusa keeps the last 1 MiB of an attempt's log`,
  });
}
