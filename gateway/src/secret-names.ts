/*
 * Tells which variables hold secrets, as far as their names and values show. Where it errs, it errs to the safe side: a plain variable of such
 * a name is refused with what mends it, and its value is masked.
 */

/** Wherever they stand in a name; also in Spanish, which our users name things in. */
const WORDS = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY|CONN(ECTION)?_?STR|CONTRASEN|CLAVE/;
/** Part of a name between two underscores, or its end (`DBPASS`, `SENTRY_DSN`, `ZETA_KEY_2`). */
const PARTS =
  /(PASS|PW|PWD|KEY|KEYS|URL|URLS|URI|URIS|DSN|AUTH|COOKIE|SALT|JWT|PAT|PROXY|JDBC|WEBHOOK)\d*(_\d+)?$|(^|_)(PASS|PW|PWD|KEY|KEYS|URL|URI|DSN|JWT|JDBC)\d*_/;

/** Returns true if a variable holds a secret by its name. */
export function looksSecret(name: string): boolean {
  // The id of a key is told in every signed URL.
  return WORDS.test(name) || (PARTS.test(name) && !name.endsWith('_ACCESS_KEY_ID'));
}

/** Returns true if a text has a password in it, as addresses do (`zeta://user:password@host`). */
export function holdsPassword(value: string): boolean {
  return /:\/\/[^/?#\s]*:[^/?#\s]*@/.test(value);
}
