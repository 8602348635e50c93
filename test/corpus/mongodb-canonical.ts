/** Canonical Extended JSON, parsed. */
export type Canonical = string | number | boolean | null | Canonical[] | { [name: string]: Canonical };

/** A value of canonical Extended JSON with its numbers and dates in one spelling, so that it can be compared with relaxed JSON. */
export function plain(value: Canonical): unknown {
  // Of a timestamp, say.
  if (typeof value === 'number') return numberOf(String(value));
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(plain);
  const [[name, inner] = ['', null], ...more] = Object.entries(value);
  if (more.length === 0 && typeof inner === 'string') {
    if (name === '$numberInt' || name === '$numberLong') return `number ${BigInt(inner)}`;
    if (name === '$numberDouble' && Number.isFinite(Number(inner))) return numberOf(inner);
  }
  if (more.length === 0 && name === '$date') return `date ${(inner as { $numberLong: string }).$numberLong}`;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function numberOf(text: string): string {
  if (/^-?\d+$/.test(text) && text !== '-0') return `number ${BigInt(text)}`;
  const number = Number(text);
  if (Object.is(number, -0)) return 'number -0';
  return `number ${Number.isInteger(number) ? BigInt(number) : number}`;
}

/** The relaxed Extended JSON of a file, spelt as {@link plain} does, with all digits of its numbers. */
function relaxed(text: string): unknown {
  return JSON.parse(text, function (this: unknown, _name: string, value: unknown, context?: { source?: string }): unknown {
    if (typeof value === 'number') return numberOf(context?.source ?? '');
    const date = (value as { $date?: unknown } | null)?.$date;
    if (typeof date === 'string' && date.startsWith('number')) return value;
    if (typeof date === 'string') return `date ${Date.parse(date)}`;
    if (typeof date === 'object') return `date ${(date as { $numberLong: string }).$numberLong}`;
    return value;
  } as (this: unknown, key: string, value: unknown) => unknown);
}

/** What a field of a file says, read as the type that the driver says the value has. */
export function readAs(text: string, own: Canonical | undefined): unknown {
  if (typeof own === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (typeof own !== 'object' || own === null) return text;
  if (Array.isArray(own)) return relaxed(text);
  if ('$numberInt' in own || '$numberLong' in own) return numberOf(text);
  if ('$numberDouble' in own) return Number.isFinite(Number(text)) ? numberOf(text) : { $numberDouble: text };
  if ('$numberDecimal' in own) return { $numberDecimal: text };
  if ('$date' in own) return `date ${Date.parse(text)}`;
  if ('$oid' in own) return { $oid: text };
  if ('$binary' in own) {
    const { subType } = own['$binary'] as { subType: string };
    return { $binary: { base64: subType === '04' ? Buffer.from(text.replaceAll('-', ''), 'hex').toString('base64') : text, subType } };
  }
  return relaxed(text);
}
