import { JSON_BOUNDS, type JsonBounds, parseJson } from '../bounded-json.ts';
import { MAX_BYTES } from './bucket.ts';

/** Largest state of a dataset, in bytes of JSON: its next run is given all of its datasets' in one variable. */
export const MAX_STATE_BYTES = 32 * 1024;

// Less than half of what an object of states may be: the rest is what the ledger notes of each dataset, and the claim.
const HALF_BYTES = Math.floor(MAX_BYTES.states * 0.45);
const HALF: JsonBounds = { depth: JSON_BOUNDS.depth, values: Math.floor(JSON_BOUNDS.values * 0.45), names: Math.floor(JSON_BOUNDS.names * 0.45) };

/**
 * Why datasets' states are too large to stand in one object beside as much of others; undefined if they are not. What an attempt leaves is held to it, and so is what stands beside it
 * before it claims: the two together can always be written then, and read.
 */
export function statesProblem(states: Readonly<Record<string, unknown>>): string | undefined {
  const text = JSON.stringify(states);
  const bytes = Buffer.byteLength(text);
  if (bytes > HALF_BYTES) return `they have ${bytes} bytes, and may have ${HALF_BYTES}`;
  try {
    parseJson(text, HALF);
    return undefined;
  } catch (error) {
    return `their JSON ${(error as Error).message}`;
  }
}
