import { CommandError } from './errors.mjs';

const IDLE_MS = 10 * 60_000;

/** Cursors that have more to give. */
export class Cursors {
  #open = new Map();

  /**
   * @param {{id: string, backend?: object, held: boolean, continuation: Buffer, operation: object, session?: string, scope?: object}} cursor
   *   backend: where it must go on, if anywhere; held: that it is this cursor's alone; scope: the snapshot or transaction it reads in.
   */
  open({ id, backend, held, continuation, operation, session, scope }) {
    const { connection, namespace, name, comment, command } = operation;
    const noTimeout = command.noCursorTimeout === true;
    const cursor = { id, backend, held, continuation, session, scope, connection, namespace, name, comment, noTimeout, usedAt: Date.now(), busy: undefined };
    this.#open.set(id, cursor);
    scope?.cursors.add(cursor);
  }

  all() {
    return [...this.#open.values()];
  }

  /** Gives a cursor to an operation; throws if there is none or another has it. */
  take(id, operation) {
    const cursor = this.#open.get(id);
    if (cursor === undefined) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
    if (cursor.busy !== undefined) throw new CommandError(143, 'CursorInUse', `cursor id ${id} is already in use`);
    cursor.busy = operation;
    operation.cursorId = id;
    operation.comment ??= cursor.comment;
    return cursor;
  }

  /** Takes a cursor back from an operation. Without a continuation it is at its end. */
  async give(cursor, continuation) {
    cursor.busy = undefined;
    cursor.usedAt = Date.now();
    if (continuation === undefined || !this.#open.has(cursor.id)) await this.#forget(cursor);
    else cursor.continuation = continuation;
  }

  /** Ends a cursor and what runs for it; resolves with whether there was one. */
  async kill(id) {
    const cursor = this.#open.get(id);
    if (cursor === undefined) return false;
    if (cursor.busy === undefined) await this.#forget(cursor);
    else {
      // Who has it lets go of it: see give().
      this.#open.delete(id);
      cursor.busy.interrupt(new CommandError(237, 'CursorKilled', `cursor id ${id} was killed`));
    }
    return true;
  }

  async killWhere(which) {
    await Promise.all(this.all().flatMap((cursor) => (which(cursor) ? [this.kill(cursor.id)] : [])));
  }

  killIdle(now = Date.now()) {
    return this.killWhere((cursor) => cursor.busy === undefined && !cursor.noTimeout && now - cursor.usedAt > IDLE_MS);
  }

  async #forget(cursor) {
    this.#open.delete(cursor.id);
    cursor.scope?.cursors.delete(cursor);
    // The result that its backend keeps goes with the backend.
    if (cursor.held) await cursor.backend.release(true);
  }
}
