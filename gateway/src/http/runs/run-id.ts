import { z } from 'zod';
import { GatewayError } from '../../errors.ts';

/** The path's parameter, for the document. */
export const runPath = z.object({ run: z.uuid().describe('Id of the run: `run` in an answer, or its header Esclusa-Run.') });

/** What looking for a run may fail with. */
export const LOOK_UP_CODES = [
  'RUN_NOT_FOUND',
  'ENGINE_UNREACHABLE',
  'S3_UNAVAILABLE',
  'S3_TOKEN_EXPIRED',
  'S3_REFUSED',
  'BUCKET_NOT_FOUND',
  'LEDGER_UNTRUSTED',
] as const;

// An id becomes part of a key in S3, so nothing else may.
const runId = z.uuid();

/** Reads the id out of a path. Rejects with `RUN_NOT_FOUND`. */
export function readRunId(text: unknown): string {
  const parsed = runId.safeParse(text);
  if (parsed.success) return parsed.data.toLowerCase();
  throw new GatewayError('RUN_NOT_FOUND', `"${String(text)}" is no id of a run; the "run" of an answer and its header Esclusa-Run name it`);
}
