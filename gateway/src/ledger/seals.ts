import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * Seals of ledger entries: an HMAC-SHA-256 (RFC 2104) over an entry's key in the bucket and its content, by a key that no job ever sees. The key holds owner and run,
 * so that an entry which is copied elsewhere is as good as forged. Knows nothing of S3.
 */

/** User metadata of an object that holds its seal. */
export const SEAL_METADATA = 'esclusa-seal';

/** Secrets that seals are made by (LEDGER_KEY), and were made by before a change of it. */
export interface SealKeys {
  readonly current: string | undefined;
  readonly previous?: string | undefined;
  /** Entries that S3 received before this instant are believed without a seal: when seals were introduced, or a key was given up. */
  readonly since?: Date | undefined;
}

/** Facts of an entry from which its seal is checked. */
export interface SealedEntry {
  readonly key: string;
  readonly text: string;
  readonly seal: string | undefined;
  readonly lastModified: Date;
}

const VERSION = 'v1';
const NAME_LETTERS = 16;

/** Makes seals and looks at them. Without a key it makes none and believes everything. */
export class Seals {
  readonly #current: Buffer | undefined;
  readonly #all: readonly Buffer[];
  readonly #since: Date | undefined;

  constructor({ current, previous, since }: SealKeys) {
    this.#current = current === undefined ? undefined : derive(current);
    this.#all = [current, previous].flatMap((key) => (key === undefined ? [] : [derive(key)]));
    this.#since = since;
  }

  /** True if entries are sealed at all. */
  get active(): boolean {
    return this.#current !== undefined;
  }

  /** The metadata of an entry that is about to be written. */
  metadataOf(key: string, text: string): Record<string, string> {
    return this.#current === undefined ? {} : { [SEAL_METADATA]: `${VERSION}.${mac(this.#current, 'entry', key, text)}` };
  }

  /** Tells if somebody who has the ledger's key wrote an entry at this very key. */
  isAuthentic({ key, text, seal, lastModified }: SealedEntry): boolean {
    if (this.#current === undefined) return true;
    if (seal === undefined) return this.#isEarlier(lastModified);
    const [version, given = ''] = seal.split('.', 2);
    const known = version === VERSION && this.#all.some((by) => isSame(given, mac(by, 'entry', key, text)));
    return known || this.#isEarlier(lastModified);
  }

  /** Seal for a name that is listed and not read, such as a place in the queue; empty without a key. */
  nameSeal(name: string): string {
    return this.#current === undefined ? '' : nameMac(this.#current, name);
  }

  /** The same question for such a name; `lastModified` is the listing's. */
  isAuthenticName(name: string, seal: string | undefined, lastModified: Date): boolean {
    if (this.#current === undefined) return true;
    if (seal !== undefined && this.#all.some((by) => isSame(seal, nameMac(by, name)))) return true;
    return this.#isEarlier(lastModified);
  }

  #isEarlier(lastModified: Date): boolean {
    return this.#since !== undefined && lastModified < this.#since;
  }
}

// The secret is stretched to a key for this use alone (RFC 5869).
function derive(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'esclusa ledger seal v1', 32));
}

/** Each part with its length before it, so that no two lists of parts are one text. */
function mac(key: Buffer, ...parts: readonly string[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
  return hmac.digest('base64url');
}

function nameMac(key: Buffer, name: string): string {
  return Buffer.from(mac(key, 'name', name), 'base64url')
    .toString('hex')
    .slice(0, NAME_LETTERS);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
