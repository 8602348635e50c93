import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from './errors.mjs';

/** An interrupt that finds its backend not yet at work is lost: it is sent again after so long. */
const AGAIN_MS = 50;

/** What runs now, so that it can be listed and interrupted. */
export class Operations {
  #postgres;
  #running = new Map();
  #lastId = 0;

  constructor(postgres) {
    this.#postgres = postgres;
  }

  start(connection, name, command) {
    const operation = new Operation(this.#postgres, (this.#lastId += 1), connection, name, command);
    this.#running.set(operation.id, operation);
    return operation;
  }

  finish(operation) {
    operation.end();
    this.#running.delete(operation.id);
  }

  get(id) {
    return this.#running.get(id);
  }

  all() {
    return [...this.#running.values()];
  }

  /** Interrupts those that `which` says yes to. */
  interrupt(which, error) {
    for (const operation of this.all()) if (which(operation)) operation.interrupt(error);
  }
}

/** One command at work. */
class Operation {
  #postgres;
  #backend;
  #interruption;
  #timer;
  startedAt = new Date();
  /** Set on what works for a cursor. */
  cursorId;
  comment;

  constructor(postgres, id, connection, name, command) {
    this.#postgres = postgres;
    Object.assign(this, { id, connection, name, command, comment: command.comment });
    const limit = Number(command.maxTimeMS ?? 0);
    if (limit > 0) this.#timer = setTimeout(() => this.interrupt(new CommandError(50, 'MaxTimeMSExpired', 'operation exceeded time limit')), limit);
  }

  get namespace() {
    const target = this.name === 'getMore' ? this.command.collection : this.command[this.name];
    return typeof target === 'string' ? `${this.command.$db}.${target}` : `${this.command.$db}.$cmd`;
  }

  /** Runs a statement on a backend for this operation; rejects with the interruption if there is one. */
  async query(backend, text, values) {
    this.throwIfInterrupted();
    this.#backend = backend;
    try {
      return await backend.query(text, values);
    } catch (error) {
      throw this.#interruption ?? error;
    } finally {
      this.#backend = undefined;
    }
  }

  throwIfInterrupted() {
    if (this.#interruption !== undefined) throw this.#interruption;
  }

  /** Ends the statement that runs, and keeps the next from starting. The first reason counts. */
  interrupt(error) {
    if (this.#interruption !== undefined) return;
    this.#interruption = error;
    void this.#cancel();
  }

  async #cancel() {
    while (this.#backend !== undefined) {
      await this.#postgres.cancel(this.#backend);
      await sleep(AGAIN_MS);
    }
  }

  end() {
    clearTimeout(this.#timer);
  }
}
