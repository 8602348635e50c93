// Prints its secrets in every spelling that may come up by bad luck, and some that only malice makes.
import { leave, say, sleep, write } from './world.mjs';

const lower = (text) => text.replaceAll(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());
const base64 = (text) => Buffer.from(text).toString('base64');

/** Each by its name; the test looks for what they leave of the secret. */
function spellings(secret) {
  return {
    plain: secret,
    json: JSON.stringify({ secret }),
    'json-in-json': JSON.stringify({ text: JSON.stringify({ secret }) }),
    uri: encodeURIComponent(secret),
    'uri-lower': lower(encodeURIComponent(secret)),
    form: new URLSearchParams({ secret }).toString(),
    base64: base64(secret),
    base64url: Buffer.from(secret).toString('base64url'),
    'basic-1': base64(`user:${secret}`),
    'basic-2': base64(`ab:${secret}`),
    'basic-3': base64(`a:${secret}`),
    'url-user-info': `mongodb://lector:${encodeURIComponent(secret)}@host/`,
    trace: `Error: bad password '${secret}'\n    at connect`,
  };
}

/** Behaviours by name, each a leak of secrets that a job can make. */
export const leaks = {
  leak: async (_options, { MASK_SECRET, AWS_SECRET_ACCESS_KEY }) => {
    const known = { MASK_SECRET, AWS_SECRET_ACCESS_KEY };
    for (const secret of Object.values(known)) {
      for (const [name, text] of Object.entries(spellings(secret))) await write(process.stdout, `LEAK ${name} ${text}\n`);
      await write(process.stdout, `LEAK halves ${secret.slice(0, 5)}`);
      await sleep(100);
      await write(process.stdout, `${secret.slice(5)}\n`);
      await write(process.stderr, `${'e'.repeat(256 * 1024 - Math.ceil(secret.length / 2))}${secret}\n`);
    }
    const [first] = Object.values(known);
    const message = Object.values(known).join(' | ');
    await say({ type: 'error', code: 'SOURCE_REFUSED', message, retryable: false, details: { [first]: Object.values(known), again: spellings(first) } });
    leave(77);
  },
};
