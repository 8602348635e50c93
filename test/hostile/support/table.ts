import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { session } from '../../support/stack.ts';
import type { Played } from './row.ts';

const HEADER = ['done', 'answered', 'peak MiB', 'health max ms', 'left behind'];

/** The rows of one theme as they were played; the tables of all themes stand in one file. */
export class Table {
  readonly #theme: string;
  readonly #lines: string[] = [];

  constructor(theme: string) {
    this.#theme = theme;
  }

  /** Prints a row once it is known what it has left behind; resolves with that. */
  async add(played: Played, wrong: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const left = await played.left;
    const answered = Object.keys(wrong).length === 0 ? played.answered : `**${played.answered}** ${JSON.stringify({ ...wrong, answered: undefined })}`;
    const cells = [played.name, answered, String(played.peakMiB), String(played.healthMs.max), left.join(', ') || 'nothing'];
    const line = `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    this.#lines.push(line);
    process.stderr.write(`${line}\n`);
    return left;
  }

  /** Writes all themes that are there to one file in Markdown; gives its path. */
  write(): string {
    const folder = join(tmpdir(), `esclusa-hostile-${session()}`);
    mkdirSync(folder, { recursive: true });
    const head = [`| ${HEADER.join(' | ')} |`, `|${' --- |'.repeat(HEADER.length)}`];
    writeFileSync(join(folder, `${this.#theme}.part`), [`## ${this.#theme}`, '', ...head, ...this.#lines, ''].join('\n'));
    const parts = readdirSync(folder).filter((name) => name.endsWith('.part'));
    const file = join(folder, 'table.md');
    writeFileSync(
      file,
      parts
        .toSorted()
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n'),
    );
    return file;
  }
}
