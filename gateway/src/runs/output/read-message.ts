import { JOB_ERRORS, type JobErrorLine, type JobMessage, errorSchema, logSchema, progressSchema, resultSchema } from '@esclusa/contract';
import { parseJson } from '../../bounded-json.ts';
import { GATEWAY_ERRORS } from '../../errors.ts';

/*
 * Reads a line of a job as a message of the contract, within bounds: a job may write anything, and what it writes is kept, sent and shown.
 */

/** No honest line comes near. */
const BOUNDS = { depth: 64, values: 100_000, names: 20_000 };
const MAX_PROGRESS_CHARS = 4 * 1024;
const MAX_MESSAGE_CHARS = 4_000;
const MAX_DETAILS_CHARS = 16 * 1024;
const OURS: ReadonlySet<string> = new Set(GATEWAY_ERRORS.filter((code) => !Object.hasOwn(JOB_ERRORS, code)));

/** A message, nothing of the contract, or progress that was not asked for. */
export type Read = JobMessage | 'ignored' | undefined;

/** Reads a line; `asked`: the datasets that count, all of them when undefined. */
export function readMessage(line: string, asked: ReadonlySet<string> | undefined): Read {
  if (!line.startsWith('{')) return undefined;
  let json: unknown;
  try {
    json = parseJson(line, BOUNDS);
  } catch {
    return undefined;
  }
  const message = json as Readonly<Record<string, unknown>>;
  switch (message['type']) {
    case 'progress':
      if (line.length > MAX_PROGRESS_CHARS) return 'ignored';
      if (typeof message['dataset'] === 'string' && asked?.has(message['dataset']) === false) return 'ignored';
      return progressSchema.safeParse(message).data;
    case 'result':
      return resultSchema.safeParse({ ...message, datasets: onlyAsked(message['datasets'], asked) }).data;
    case 'error': {
      const { data } = errorSchema.safeParse(message);
      return data === undefined ? undefined : boundedError(data);
    }
    case 'log':
      return logSchema.safeParse(message).data;
    default:
      return undefined;
  }
}

/** Before anything is looked at: of a stranger's hundred thousand names each would be a complaint. */
function onlyAsked(datasets: unknown, asked: ReadonlySet<string> | undefined): unknown {
  if (asked === undefined || typeof datasets !== 'object' || datasets === null) return datasets;
  return Object.fromEntries(Object.entries(datasets).filter(([name]) => asked.has(name)));
}

function boundedError({ message, details, code, ...rest }: JobErrorLine): JobErrorLine {
  const chars = details === undefined ? 0 : JSON.stringify(details).length;
  const kept = chars > MAX_DETAILS_CHARS ? { note: `the job gave ${chars} letters of details, and no more than ${MAX_DETAILS_CHARS} are kept` } : details;
  return {
    ...rest,
    // A code of the gateway's own means what the gateway found, and a job can't say that.
    code: OURS.has(code) ? 'JOB_FAILED' : code,
    // A slice would keep the whole line in memory; a copy doesn't.
    message: message.length > MAX_MESSAGE_CHARS ? `${Buffer.from(message.slice(0, MAX_MESSAGE_CHARS)).toString()}…` : message,
    ...(kept === undefined ? {} : { details: kept }),
  };
}
