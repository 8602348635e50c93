import fc from 'fast-check';
import { DELIMITERS, type Dialect, PLAIN } from '../rules.ts';

/** Any dialect, the plain one often. */
export const dialects: fc.Arbitrary<Dialect> = fc.oneof(
  fc.constant(PLAIN),
  fc.record({
    delimiter: fc.constantFrom(...DELIMITERS),
    quoteAll: fc.boolean(),
    nullToken: fc.constantFrom('', String.raw`\N`, 'NULL', 'a', '∅'),
    bom: fc.boolean(),
    guardFormulas: fc.boolean(),
  }),
);
