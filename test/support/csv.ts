export { readCsv } from '../../jobs/kit/src/testing/read-csv.ts';

/** Turns one CSV value into what JSON would say of the same value of the source, by the source's type. */
export function typed(value: string | null, type: string): unknown {
  if (value === null) return null;
  if (/^(integer|bigint|smallint|numeric|double|real)/.test(type)) return Number(value);
  if (type === 'boolean') return value === 't' ? true : value === 'f' ? false : `not a boolean: ${value}`;
  if (type === 'timestamp with time zone') return value.replace(' ', 'T').replace(/\+00$/, '+00:00');
  return value;
}
