import type { JobErrorCode } from '@esclusa/contract';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { GatewayErrorCode } from '../../errors.ts';
import { titleOf } from '../problem.ts';
import { STATUS, UNKNOWN_JOB_CODE, statusOf } from '../status.ts';

type Code = GatewayErrorCode | JobErrorCode;

// A type and no interface, which would lack the index signature that the library's own has.
type Header = { description: string; required?: boolean; schema: { type: 'string' | 'integer'; format?: string } };

/** The header that names the run, also where the answer's body doesn't. */
export const RUN_HEADER: Header = { description: 'Id of the run, if one was accepted.', schema: { type: 'string', format: 'uuid' } };

const ALL = Object.keys(STATUS) as Code[];
// What is about no run, and two of a job's that are told under names of the gateway's.
const NEVER_OF_A_RUN: ReadonlySet<Code> = new Set<Code>([
  ...(['STATE_CLAIMED', 'ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED', 'RUN_NOT_FOUND', 'UNAUTHORIZED', 'TIME_UP', 'STOPPED'] as const),
  ...(['ORIGIN_NOT_ALLOWED', 'HOST_NOT_ALLOWED', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'] as const),
  ...(['REQUEST_MALFORMED', 'REQUEST_TIMED_OUT', 'HEADERS_TOO_LARGE'] as const),
]);

/** Every code that running a pipeline may be answered with. */
export const RUN_CODES: readonly Code[] = ALL.filter((code) => !NEVER_OF_A_RUN.has(code));

const WORDS: Readonly<Record<number, string>> = {
  400: 'The request is wrong.',
  401: 'The API key is missing or wrong.',
  403: 'A page of another place may not ask this.',
  404: 'There is no such thing.',
  405: 'The path does not take that method.',
  408: 'The request was not whole in time.',
  409: 'The run was cancelled, has ended, or may not begin beside another one.',
  413: 'The body is too large.',
  415: 'The body is in an encoding or a charset that is not understood.',
  421: 'This gateway does not answer to that name.',
  422: 'The Idempotency-Key stands for another request.',
  429: 'Too many runs wait already, or too much is asked at once.',
  431: 'The headers are too large.',
  500: 'A mistake of the gateway; its log has the details.',
  501: 'The engine can not do that.',
  502: 'What stands behind the gateway failed, and trying again will not help by itself.',
  503: 'Something is missing or away; the same request may work later.',
  504: 'The run did not end within its time.',
};

const HEADERS: Readonly<Record<number, Readonly<Record<string, Header>>>> = {
  401: { 'WWW-Authenticate': { description: '`Bearer`', required: true, schema: { type: 'string' } } },
  405: { Allow: { description: 'The methods that the path takes.', required: true, schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'Seconds to wait before the next try.', required: true, schema: { type: 'integer' } } },
};

/** One answer per status of the given codes; `ofRun` says that jobs may have codes of their own, and that there may be a run. */
export function problemResponses(codes: readonly Code[], ofRun = false): Record<`${4 | 5}${string}`, ZodOpenApiResponseObject> {
  const statuses = [...new Set(codes.map(statusOf))].toSorted((a, b) => a - b);
  const at = (status: number): Code[] => codes.filter((code) => statusOf(code) === status);
  return Object.fromEntries(statuses.map((status) => [String(status), problemResponse(at(status), ofRun)]));
}

/** The answer for codes that share a status. */
export function problemResponse(codes: readonly Code[], ofRun = false): ZodOpenApiResponseObject {
  const status = statusOf(codes[0] ?? 'INTERNAL');
  const closed = { type: 'string' as const, enum: [...codes] };
  const foreign = { type: 'string' as const, pattern: '^[A-Z][A-Z0-9_]{1,63}$', description: 'A code that only its job knows.' };
  const [first = 'INTERNAL'] = codes;
  const example = { type: 'about:blank', title: titleOf(first), status, detail: 'What happened, and what mends it.', code: first };
  const code = ofRun && status === UNKNOWN_JOB_CODE ? { anyOf: [closed, foreign] } : closed;
  return {
    description: `${WORDS[status] ?? 'The request failed.'} ${codes.map((one) => `\`${one}\``).join(', ')}`,
    headers: { ...HEADERS[status], ...(ofRun ? { 'Esclusa-Run': RUN_HEADER } : {}) },
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { status: { const: status }, code } }] },
        example,
      },
    },
  };
}
