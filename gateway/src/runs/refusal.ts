import { JobError } from '@esclusa/contract';
import { EngineError } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import { UntrustedEntry } from '../ledger/sealed-store.ts';
import type { Outcome } from './outcome.ts';

/** What a failure before any container ran means for the run. */
export function refusal(error: unknown): Extract<Outcome, { ok: false }> {
  if (error instanceof EngineError) {
    return { ok: false, code: error.code, message: error.message, retry: error.code === 'ENGINE_UNREACHABLE' ? 'yes' : 'no' };
  }
  if (error instanceof UntrustedEntry) return { ok: false, code: 'LEDGER_UNTRUSTED', message: error.message, retry: 'no' };
  if (error instanceof GatewayError) return { ok: false, code: error.code, message: error.message, retry: 'no', details: error.details };
  if (error instanceof JobError) return { ok: false, code: error.code, message: error.message, retry: error.retryable ? 'yes' : 'no' };
  return { ok: false, code: 'INTERNAL', message: `unexpected failure in the gateway: ${error instanceof Error ? error.message : String(error)}`, retry: 'no' };
}

/** The result, or a refusal that trying again won't change; an engine or S3 that can't be reached is thrown, to be tried again. */
export async function unlessRefused<T>(action: () => Promise<T>): Promise<T | Error> {
  try {
    return await action();
  } catch (error) {
    if (refusal(error).retry !== 'no') throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}
