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

/** What gives a word away wherever it stands in it: databases fold case, so `userPassword` comes as `userpassword`. */
const PARTS = /password|passwd|passphrase|contraseni?a|apikey|secretkey|privatekey|clientsecret|(access|refresh|auth|session|bearer|id)token/;

/** Neighbouring words, and whole names, that are harmless apart. */
const PHRASES = [
  'api key',
  'private key',
  'access key',
  'secret key',
  'ssh key',
  'pass hash',
  'user pass',
  'db pass',
  'user pin',
  'pin hash',
  'clave secreta',
  'clave acceso',
  'clave de acceso',
  'clave privada',
  'clave hash',
  'clave usuario',
  'clave api',
  'llave privada',
];
const WHOLE = new Set(['pass', 'clave', 'pin', 'jwt', 'otp', 'cvv', 'salt']);

/** True when the column's name says that it holds a password or a token. */
export function isSensitiveColumn(name: string): boolean {
  const words = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[^\p{L}]+/gu, ' ')
    .trim()
    .toLowerCase();
  if (WHOLE.has(words)) return true;
  if (words.split(' ').some((word) => WORDS.has(word) || PARTS.test(word))) return true;
  return PHRASES.some((phrase) => ` ${words} `.includes(` ${phrase} `));
}
