import type { Snapshot } from '@esclusa/contract';
import type { JobOutput } from '@esclusa/kit';
import type { Connection } from 'mysql2';
import { ask } from './connection.ts';
import type { Position } from './position.ts';

interface Table {
  readonly schema: string;
  readonly table: string;
}

/** When the snapshot was taken, and where that is in the server's log. */
export type Taken = Position & { readonly takenAt: string };

/**
 * What the manifest says of the point in time. Only engines with transactions (InnoDB) keep a snapshot; tables of others that
 * are read are named, since what is written to them during the run may be in the files.
 */
export class SnapshotReport {
  #taken: Taken;
  readonly #output: JobOutput;
  readonly #without: readonly (Table & { readonly engine: string })[];
  readonly #outside = new Set<string>();

  private constructor(taken: Taken, output: JobOutput, without: readonly (Table & { engine: string })[]) {
    this.#taken = taken;
    this.#output = output;
    this.#without = without;
  }

  /** Looks which tables keep no snapshot. */
  static async begin(connection: Connection, taken: Taken, output: JobOutput): Promise<SnapshotReport> {
    const without = await ask<Table & { engine: string }>(
      connection,
      `select t.table_schema as \`schema\`, t.table_name as \`table\`, t.engine as engine
       from information_schema.tables t join information_schema.engines e on e.engine = t.engine
       where coalesce(e.transactions, 'NO') <> 'YES' and t.table_type in ('BASE TABLE', 'SYSTEM VERSIONED') and t.table_schema not in ('information_schema', 'performance_schema', 'mysql', 'sys')`,
    );
    return new SnapshotReport(taken, output, without);
  }

  /** The snapshot was taken anew. */
  takenAgain(taken: Taken): void {
    this.#taken = taken;
  }

  /** A dataset reads a table, or what a query or view names; a table whose name stands in the text counts as read. */
  reads(what: Table | { readonly text: string }): void {
    for (const { schema, table, engine } of this.#without) {
      const read = 'text' in what ? names(what.text, table) : what.schema === schema && what.table === table;
      const name = `${schema}.${table}`;
      if (!read || this.#outside.has(name)) continue;
      this.#outside.add(name);
      this.#output.log('warn', `the table ${name} is outside of the snapshot: its engine, ${engine}, keeps none`, {
        event: 'no-snapshot',
        table: name,
        engine,
      });
    }
  }

  toJSON(): Readonly<Snapshot> {
    const outside = [...this.#outside];
    return {
      consistency: outside.length === 0 ? 'snapshot' : 'partial',
      isolation: 'repeatable read',
      ...this.#taken,
      ...(outside.length === 0 ? {} : { outsideTheSnapshot: outside }),
    };
  }
}

function names(text: string, table: string): boolean {
  const escaped = table.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped}(?![\\p{L}\\p{N}_$])`, 'iu').test(text);
}
