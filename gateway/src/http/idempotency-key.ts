import { GatewayError } from '../errors.ts';

const FIELD = 'Idempotency-Key';
const MAX_LENGTH = 255;
// A key whose every letter is escaped, its quotes, and room for parameters.
const MAX_HEADER_LENGTH = 1_024;

// RFC 8941: a string of printable ASCII in which only `"` and `\` are escaped, and parameters that mean nothing here.
const STRING = String.raw`"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"`;
const PARAMETER = String.raw`; *[a-z*][a-z0-9_.*-]*(?:=(?:${STRING}|[^\s",;]+))?`;
const QUOTED = new RegExp(`^(${STRING})(?:${PARAMETER})*$`);

// A comma outside of quotes can't be told from a header that was sent twice, and a quote is one that was left open.
const BARE = /^[\x20\x21\x23-\x2b\x2d-\x7e]*$/;

/**
 * Reads `Idempotency-Key`: a string item as the IETF draft says (`"8e03978e-…"`), or the same key without its quotes, as many clients
 * send it. Throws `BODY_INVALID` that names the header for a key that is empty, too long, or not of printable ASCII.
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  // Before anything that takes longer the longer it is.
  if (header.length > MAX_HEADER_LENGTH) throw invalid(`has ${header.length} characters; a key has at most ${MAX_LENGTH}`);
  const text = withoutBlanks(header);
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted === undefined && !BARE.test(text)) {
    throw invalid(`is not one key of printable ASCII; send a key such as "8e03978e-40d5-43dd-bc93-6894a57f9324", once, its quotes closed`);
  }
  const key = quoted === undefined ? text : quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  if (key === '') throw invalid('is empty; send a key of its own for each request (a UUID will do), or leave the header out');
  if (key.length > MAX_LENGTH) throw invalid(`has ${key.length} characters; at most ${MAX_LENGTH} are taken`);
  return key;
}

/** Without spaces and tabs at its ends, and nothing else: what no header may hold is not made good. */
function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === ' ' || text[start] === '\t') start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

function invalid(why: string): GatewayError {
  return new GatewayError('BODY_INVALID', `the header ${FIELD} ${why}`, { details: { field: FIELD } });
}
