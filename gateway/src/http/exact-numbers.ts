/** Returns the first number of a JSON text that a double does not hold as it is written (`1e999`, `12345678901234567890`); undefined where all do. */
export function firstInexactNumber(text: string): string | undefined {
  let found: string | undefined;
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value === 'number' && source !== undefined && digitsOf(source) !== digitsOf(String(value))) found ??= source;
    return value;
  });
  return found;
}

/** A decimal number in one way of writing: its digits without zeros at either end, and the power of ten of the last. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', part = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + part).replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  // Infinity has no digits, and neither has zero, whose sign and power say nothing.
  if (short === '') return whole === '' ? number : '0';
  return `${sign}${short}e${Number(exponent) - part.length + digits.length - short.length}`;
}
