const lower = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());

/** The part of a secret's base64 that is the same whatever stands around it, for each of the three places at which it may begin. */
function alignments(secret: string): string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.from('x'.repeat(offset) + secret)
      .toString('base64')
      .replaceAll('=', '');
    // The first characters depend on what stands before, the last on what follows.
    return whole.slice(Math.ceil((offset * 8) / 6), -2);
  });
}

/** Spellings of a secret that was let out, by name: a search must find none of them. */
export function pieces(secret: string): Readonly<Record<string, string>> {
  const [base64 = '', base64At1 = '', base64At2 = ''] = alignments(secret);
  return {
    plain: secret,
    json: JSON.stringify(secret).slice(1, -1),
    'json in json': JSON.stringify(JSON.stringify(secret)).slice(1, -1).slice(2, -2),
    uri: encodeURIComponent(secret),
    'uri in small letters': lower(encodeURIComponent(secret)),
    form: new URLSearchParams({ secret }).toString().slice('secret='.length),
    base64,
    'base64 at 1': base64At1,
    'base64 at 2': base64At2,
    base64url: base64.replaceAll('+', '-').replaceAll('/', '_'),
    'first half': secret.slice(0, Math.floor(secret.length / 2) - 1),
  };
}
