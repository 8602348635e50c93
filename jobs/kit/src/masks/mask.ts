import { createHmac, hash } from 'node:crypto';
import { JobError } from '@esclusa/contract';
import type { Settings } from '../job.ts';

/** The secret of `hmac`; a secret variable of every job. */
export const MASK_SECRET = 'MASK_SECRET';
const SHORTEST_SECRET = 16;

export const MASKS = ['hash', 'hmac', 'redact', 'partial'] as const;
export type MaskKind = (typeof MASKS)[number];

/** What stands in the file for the bytes of a value; NULL stays NULL and is never asked. */
export type Mask = (value: Buffer) => string;

const REDACTED = '***';
const STARS = '****';
const MOST_SHOWN = 4;

/** Makes masks; every rule on what one shows stands in this file. Throws `CONFIG_INVALID` for `hmac` without its secret. */
export function maskOf(kind: MaskKind, settings: Settings): Mask {
  switch (kind) {
    case 'hash':
      // SHA-256 of the value as the file would have it: equal values are equal, in every dataset and at every other place.
      return (value) => hash('sha256', value, 'hex');
    case 'hmac': {
      const secret = secretOf(settings);
      return (value) => createHmac('sha256', secret).update(value).digest('hex');
    }
    case 'redact':
      return () => REDACTED;
    case 'partial':
      return partial;
    default: {
      const never: never = kind;
      throw new Error(`unknown mask ${String(never)}`);
    }
  }
}

function secretOf(settings: Settings): string {
  const secret = settings[MASK_SECRET] ?? '';
  if (secret.length >= SHORTEST_SECRET) return secret;
  const problem = secret === '' ? 'is not set' : `has only ${secret.length} characters`;
  throw new JobError(
    'CONFIG_INVALID',
    `${MASK_SECRET} ${problem}: the mask "hmac" needs a secret of at least ${SHORTEST_SECRET} characters, always the same, or its results change`,
    { details: { field: MASK_SECRET } },
  );
}

/** Stars, and the last characters: a quarter of them and four at most, so that a short value shows little. How many stars there are says nothing. */
function partial(value: Buffer): string {
  const characters = Array.from(value.toString('utf8'));
  const shown = Math.min(MOST_SHOWN, Math.floor(characters.length / 4));
  return `${STARS}${shown === 0 ? '' : characters.slice(-shown).join('')}`;
}
