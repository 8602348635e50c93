/**
 * The rule for columns that hold passwords or tokens: they are left out unless the pipeline names them in `columns`.
 * A name is cut into words at case changes and at everything that is no letter, so `userPassword`, `PASSWORD_HASH` and
 * `api-key` are all seen, while `tokenizer` and `clave_producto` (Spanish for a product's key) are not.
 */
const WORDS = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'token',
  'tokens',
  'credential',
  'credentials',
  'contrasena',
  'contrasenas',
  'contrasenia',
  'secreto',
  'credencial',
  'credenciales',
]);

/** Pairs of neighbouring words, and whole names, that are harmless apart. */
const PHRASES = ['api key', 'private key', 'access key', 'secret key', 'pass hash', 'clave secreta', 'clave acceso', 'clave privada', 'clave hash'];
const WHOLE = new Set(['pass', 'clave', 'apikey', 'pin']);

/** True when the column's name says that it holds a password or a token. */
export function isSensitiveColumn(name: string): boolean {
  const words = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim()
    .toLowerCase();
  if (WHOLE.has(words)) return true;
  if (words.split(' ').some((word) => WORDS.has(word))) return true;
  return PHRASES.some((phrase) => ` ${words} `.includes(` ${phrase} `));
}
