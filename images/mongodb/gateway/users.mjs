import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { CommandError } from './errors.mjs';
import { isRole } from './roles.mjs';

const ITERATIONS = 15_000;
const derive = promisify(pbkdf2);
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const authenticationFailed = () => new CommandError(18, 'AuthenticationFailed', 'Authentication failed.');

/** Users with what SCRAM-SHA-256 (RFC 5802, RFC 7677) needs to know of their passwords; kept in PostgreSQL. */
export class Users {
  #postgres;
  #byId = new Map();

  constructor(postgres) {
    this.#postgres = postgres;
  }

  async load() {
    const { rows } = await this.#postgres.control('select document from esclusa.users');
    for (const { document } of rows) this.#byId.set(document._id, document);
  }

  find(db, user) {
    return this.#byId.get(`${db}.${user}`);
  }

  async create(db, user, password, roles) {
    if (this.find(db, user) !== undefined) throw new CommandError(51003, 'Location51003', `User "${user}@${db}" already exists`);
    if (typeof password !== 'string' || password === '') throw new CommandError(2, 'BadValue', 'createUser needs pwd, a string that is not empty');
    const granted = roles.map((role) => (typeof role === 'string' ? { role, db } : { role: role.role, db: role.db }));
    const unknown = granted.find(({ role }) => !isRole(role));
    if (unknown !== undefined) throw new CommandError(31, 'RoleNotFound', `Could not find role: ${unknown.role}@${unknown.db}`);
    const salt = randomBytes(28);
    const salted = await derive(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
    const keys = {
      salt: salt.toString('base64'),
      stored: sha256(hmac(salted, 'Client Key')).toString('base64'),
      server: hmac(salted, 'Server Key').toString('base64'),
    };
    const document = { _id: `${db}.${user}`, user, db, roles: granted, keys };
    await this.#postgres.control('insert into esclusa.users values ($1, $2)', [document._id, JSON.stringify(document)]);
    this.#byId.set(document._id, document);
  }

  async drop(db, user) {
    if (this.find(db, user) === undefined) throw new CommandError(11, 'UserNotFound', `User '${user}@${db}' not found`);
    await this.#postgres.control('delete from esclusa.users where id = $1', [`${db}.${user}`]);
    this.#byId.delete(`${db}.${user}`);
  }
}

/** One login: the client's two messages, and the server's answers to them. */
export class ScramConversation {
  #user;
  #first;
  #bare;
  #nonce;

  /** Throws for a user that is not there and for what is no SCRAM. */
  constructor(users, db, clientFirst) {
    const match = /^n,[^,]*,(n=([^,]*),r=([^,]+).*)$/.exec(clientFirst);
    if (match === null) throw authenticationFailed();
    this.#user = users.find(db, match[2].replaceAll('=2C', ',').replaceAll('=3D', '='));
    if (this.#user === undefined) throw authenticationFailed();
    this.#bare = match[1];
    this.#nonce = match[3] + randomBytes(24).toString('base64');
    this.#first = `r=${this.#nonce},s=${this.#user.keys.salt},i=${ITERATIONS}`;
  }

  get first() {
    return this.#first;
  }

  /** Checks the client's proof; gives the user and the server's last message. */
  finish(clientFinal) {
    const match = /^(c=[^,]*,r=([^,]*)),p=(.*)$/.exec(clientFinal);
    if (match === null || match[2] !== this.#nonce) throw authenticationFailed();
    const text = `${this.#bare},${this.#first},${match[1]}`;
    const stored = Buffer.from(this.#user.keys.stored, 'base64');
    const signature = hmac(stored, text);
    const proof = Buffer.from(match[3], 'base64');
    if (proof.length !== signature.length) throw authenticationFailed();
    const key = Buffer.from(signature.map((byte, index) => byte ^ proof[index]));
    if (!timingSafeEqual(sha256(key), stored)) throw authenticationFailed();
    return { user: this.#user, last: `v=${hmac(Buffer.from(this.#user.keys.server, 'base64'), text).toString('base64')}` };
  }
}
