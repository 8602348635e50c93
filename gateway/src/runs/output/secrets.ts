import { looksSecret } from '../../secret-names.ts';
import { Mask } from './mask.ts';

/*
 * Every secret that the gateway's environment holds, whichever job it is for: what one job is given another one may have got to see.
 */

type Environment = Readonly<Record<string, string | undefined>>;

const FROM_FILE = /_(FILE|PATH|DIR)$/;
/** By its name, and no secret by its value: masking them would take words away. */
const LEAST = 6;
const NO_SECRETS: ReadonlySet<string> = new Set(['enabled', 'disabled', 'default', 'required', 'prefer']);
/** Longest text of a user alone that is taken for a name and not for a token. */
const LONGEST_USER = 16;
const IS_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Returns the texts of the environment that must be hidden. `declared`: names that some job declares secret. */
export function secretsOf(environment: Environment, declared: ReadonlySet<string> = new Set()): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const inside = passwordsIn(value);
    if (declared.has(name)) return [value, ...inside];
    if (!looksSecret(name) || FROM_FILE.test(name) || value.length < LEAST || NO_SECRETS.has(value)) return inside;
    // An address without a password is what errors are about.
    return IS_ADDRESS.test(value) && inside.length === 0 ? [] : [value, ...inside];
  });
}

/** The passwords within a connection string: those of addresses, of their parameters, and of `Password=…;`. */
export function passwordsIn(value: string): string[] {
  const address = /[a-z][a-z0-9+.-]*:\/\/([^/?#\s]*)@/i.exec(value)?.[1];
  const colon = address?.indexOf(':') ?? -1;
  const user = address !== undefined && colon === -1 && address.length > LONGEST_USER ? [address] : [];
  const password = address !== undefined && colon !== -1 ? [address.slice(colon + 1)] : [];
  const parameters = [...value.matchAll(/(?:^|[\s;?&,])([\w ]+?)\s*=\s*('[^']*'|"[^"]*"|[^;&\s,]+)/g)]
    .filter(([, name = '']) => looksSecret(name.toUpperCase().replaceAll(/\W/g, '_')))
    .map(([, , text = '']) => text.replace(/^(['"])(.*)\1$/, '$2'));
  return [...user, ...password, ...parameters]
    .flatMap((text) => [text, decoded(text)])
    .filter((text, index, all) => text !== '' && all.indexOf(text) === index);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const masks = new WeakMap<Environment, Mask>();

/** The mask of one attempt: over all secrets of the environment, which is made once, and those of the attempt. */
export function maskFor(environment: Environment, secrets: readonly string[]): Mask {
  let base = masks.get(environment);
  if (base === undefined) masks.set(environment, (base = new Mask(secretsOf(environment))));
  return new Mask([...secrets, ...secrets.flatMap(passwordsIn)], base);
}
