import { nextClusterTime } from './bson.mjs';
import { CommandError } from './errors.mjs';

const IDLE_MS = 30 * 60_000;

/**
 * What clients' sessions hold at PostgreSQL: a transaction each, and snapshots. Both are a backend in REPEATABLE READ:
 * a transaction writes and ends by its own command; a snapshot is read from until its session, its client or its time ends.
 */
export class Sessions {
  #postgres;
  #cursors;
  #snapshotMs;
  /** By session. */
  #transactions = new Map();
  /** By session and cluster time. */
  #snapshots = new Map();

  constructor(postgres, cursors, snapshotSeconds) {
    this.#postgres = postgres;
    this.#cursors = cursors;
    this.#snapshotMs = snapshotSeconds * 1000;
  }

  async startTransaction(session, connection) {
    await this.endTransaction(session, 'ROLLBACK');
    const backend = await this.#begin();
    const transaction = { backend, connection, usedAt: Date.now(), cursors: new Set() };
    this.#transactions.set(session, transaction);
    return transaction;
  }

  transaction(session) {
    const found = this.#transactions.get(session);
    if (found === undefined) throw noTransaction();
    found.usedAt = Date.now();
    return found;
  }

  /** Ends a session's transaction; resolves with whether it had one. */
  async endTransaction(session, how) {
    const found = this.#transactions.get(session);
    if (found === undefined) return false;
    this.#transactions.delete(session);
    try {
      await this.#cursors.killWhere((cursor) => cursor.scope === found);
      await found.backend.command(how);
    } finally {
      await found.backend.release();
    }
    return true;
  }

  /** The snapshot that a command reads: a new one, or the one of `time`, which may be another session's. */
  async snapshot(session, time, connection) {
    if (time === undefined) return this.#newSnapshot(session, nextClusterTime(), connection);
    const own = this.#snapshots.get(`${session} ${time}`);
    const found = own ?? [...this.#snapshots.values()].find((one) => one.time.equals(time));
    if (found === undefined || this.#tooOld(found)) throw tooOld(time);
    found.usedAt = Date.now();
    return own ?? this.#newSnapshot(session, time, connection, found);
  }

  /** Throws if a snapshot's history would be gone at a MongoDB server. */
  checkAge(snapshot) {
    if (snapshot.time !== undefined && this.#tooOld(snapshot)) throw tooOld(snapshot.time);
  }

  /** Ends what sessions hold; which: of one session, of one client. */
  async endWhere(which) {
    const transactions = [...this.#transactions].filter(([session, { connection }]) => which(session, connection));
    const snapshots = [...this.#snapshots].filter(([, { session, connection }]) => which(session, connection));
    await Promise.all([
      this.#cursors.killWhere((cursor) => which(cursor.session, cursor.connection)),
      ...transactions.map(([session]) => this.endTransaction(session, 'ROLLBACK')),
      ...snapshots.map(([key]) => this.#endSnapshot(key)),
    ]);
  }

  /** Lets go of a collection (or of a database, by its prefix) that is to be dropped: readers would keep the drop waiting. */
  async letGo(which) {
    await this.#cursors.killWhere((cursor) => which(cursor.namespace));
    await Promise.all([...this.#snapshots].flatMap(([key, { namespaces }]) => ([...namespaces].some(which) ? [this.#endSnapshot(key)] : [])));
  }

  async endIdle(now = Date.now()) {
    await Promise.all([
      ...[...this.#transactions].flatMap(([session, { usedAt }]) => (now - usedAt > IDLE_MS ? [this.endTransaction(session, 'ROLLBACK')] : [])),
      ...[...this.#snapshots].flatMap(([key, snapshot]) => (this.#tooOld(snapshot) && snapshot.cursors.size === 0 ? [this.#endSnapshot(key)] : [])),
    ]);
  }

  async #newSnapshot(session, time, connection, source) {
    const backend = await this.#begin();
    try {
      if (source !== undefined) await backend.command(`SET TRANSACTION SNAPSHOT '${source.exported}'`);
      // Takes the snapshot too, which BEGIN does not.
      const exported = source?.exported ?? (await backend.query('select pg_export_snapshot()'))[0];
      const snapshot = { session, time, connection, backend, exported, takenAt: source?.takenAt ?? Date.now(), cursors: new Set(), namespaces: new Set() };
      this.#snapshots.set(`${session} ${time}`, snapshot);
      return snapshot;
    } catch (error) {
      await backend.release(true);
      throw error;
    }
  }

  async #endSnapshot(key) {
    const snapshot = this.#snapshots.get(key);
    if (snapshot === undefined) return;
    this.#snapshots.delete(key);
    await this.#cursors.killWhere((cursor) => cursor.scope === snapshot);
    await snapshot.backend.release(true);
  }

  async #begin() {
    const backend = await this.#postgres.own();
    await backend.command('BEGIN ISOLATION LEVEL REPEATABLE READ');
    return backend;
  }

  #tooOld({ takenAt }) {
    return Date.now() - takenAt > this.#snapshotMs;
  }
}

export const noTransaction = () =>
  new CommandError(251, 'NoSuchTransaction', 'Given transaction number does not match any in-progress transactions.', ['TransientTransactionError']);

const tooOld = (time) =>
  new CommandError(239, 'SnapshotTooOld', `Read timestamp ${time} is older than the oldest available timestamp: see minSnapshotHistoryWindowInSeconds`);
