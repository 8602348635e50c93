import pg from 'pg';

const CONNECTION = { host: '/run/postgresql', user: 'postgres', database: 'postgres', application_name: 'gateway' };
const BSON_TEXT = 'BSONHEX';
/** Values as the server writes them, but for BSON, which comes as hex digits: the driver can't take bytes. */
const types = { getTypeParser: () => (value) => (value.startsWith(BSON_TEXT) ? Buffer.from(value.slice(BSON_TEXT.length), 'hex') : value) };
const SHARED = 80;
const WAIT_MS = 30_000;

/** Backends of PostgreSQL: shared ones, and ones of somebody's own. */
export class Postgres {
  #pool = new pg.Pool({ ...CONNECTION, max: SHARED, connectionTimeoutMillis: WAIT_MS, idleTimeoutMillis: 60_000 });
  /** Apart, so that a cancel never waits behind what it is to cancel. */
  #control = new pg.Pool({ ...CONNECTION, max: 2, idleTimeoutMillis: 0 });

  constructor() {
    // A backend that is lost while nobody uses it is nobody's failure.
    this.#pool.on('error', () => {});
    this.#control.on('error', () => {});
  }

  /** One of the shared backends, until it is released. */
  async borrow() {
    const client = await this.#pool.connect();
    return new Backend(client, (spoilt) => client.release(spoilt));
  }

  /** A backend that is nobody else's, until it is released. */
  async own() {
    const client = new pg.Client(CONNECTION);
    client.on('error', () => {});
    await client.connect();
    return new Backend(client, () => client.end().catch(() => {}));
  }

  /** Runs a statement of the gateway's own business. */
  control(text, values) {
    return this.#control.query(text, values);
  }

  /** Interrupts what a backend runs, and if that is to be its end, the backend. */
  async cancel(backend) {
    backend.spoilt = true;
    await this.#control.query('select pg_cancel_backend($1)', [backend.pid]).catch(() => {});
  }
}

class Backend {
  #client;
  #release;
  #released = false;
  /** A cancel may hit the statement after the one that was meant: such a backend is used no more. */
  spoilt = false;

  constructor(client, release) {
    this.#client = client;
    this.#release = release;
  }

  get pid() {
    return this.#client.processID;
  }

  /** Runs a statement; resolves with its first row, as an array. */
  async query(text, values) {
    const { rows } = await this.#client.query({ text, values, rowMode: 'array', types });
    return rows[0];
  }

  /** Runs a statement of which no row is wanted. */
  async command(text) {
    await this.#client.query(text);
  }

  async release(spoilt = false) {
    if (this.#released) return;
    this.#released = true;
    await this.#release(spoilt || this.spoilt);
  }
}
