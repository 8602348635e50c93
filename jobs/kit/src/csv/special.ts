import type { ValueType } from '../columns/value-type.ts';

/** The number of a rule in ../../wasm/special.ts, where what is special is written down. */
const RULES: Partial<Record<ValueType['kind'], number>> = { decimal: 1, float: 2, date: 3, datetime: 3, time: 4 };
const NO_RULE = 0;

/** Which rule tells the special values of a type: values that types of other systems have no room for. */
export function specialRule({ kind }: ValueType): number {
  return RULES[kind] ?? NO_RULE;
}
