import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { parseJson } from '../../bounded-json.ts';
import type { RunNews } from '../../runs/handle.ts';
import { isFinal } from '../../runs/state.ts';
import { parseQuery } from '../body.ts';
import { LOGS_EXAMPLE } from '../openapi/examples.ts';
import type { Route } from '../route.ts';
import { HEALTHY } from '../status.ts';
import { openStream, takeStreamPlace, whenOver } from '../stream.ts';
import type { Turns } from '../../turns.ts';
import { TextPieces, visible } from '../visible.ts';
import type { RunServices } from './routes.ts';
import { LOOK_UP_CODES, readRunId, runPath } from './run-id.ts';

const MAX_ACCEPT = 1_024;
const NDJSON = 'application/x-ndjson';
const WHICH = 'must be a whole number from 1 on, or left out for the last attempt';
const querySchema = z.strictObject({
  attempt: z.coerce.number(WHICH).int(WHICH).min(1, WHICH).optional().describe('Which attempt; the last one by default.'),
  follow: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .describe('`true`: goes on with what the job says from now on, of later attempts too, until the run ends.'),
});

/** `GET /api/runs/{run}/logs`. */
export function readLogs({ runs, lookUp, bounds }: RunServices): Route {
  return {
    method: 'get',
    path: '/api/runs/{run}/logs',
    describe: () => ({
      operationId: 'getRunLogs',
      tags: ['runs'],
      summary: "What a run's job said, also when its container is gone",
      description:
        'Its lines as they were, secrets masked and progress left out; of a long log the last 1 MiB. Control characters stand as `\\u001b`, so that a terminal does not act on them. Of a run that is going on, what there is so far. With `Accept: application/x-ndjson` every line is a JSON document: one that was none is `{"type":"text","text":…}`.',
      requestParams: { path: runPath, query: querySchema },
      responses: {
        [HEALTHY]: {
          description: 'One line of the job per line, most of them JSON.',
          content: { 'text/plain': { schema: { type: 'string' }, example: LOGS_EXAMPLE }, [NDJSON]: { schema: { type: 'string' }, example: LOGS_EXAMPLE } },
        },
      },
      problems: [...LOOK_UP_CODES, 'BODY_INVALID', 'TOO_MANY_REQUESTS', 'JOB_CONTRACT_BROKEN'],
    }),
    handle: async (request, response) => {
      const run = readRunId(request.params['run']);
      const { attempt, follow } = parseQuery(querySchema, request.query);
      const wrap = wantsJsonLines(request as Request) ? toJsonLines : visible;
      const type = wrap === toJsonLines ? NDJSON : 'text/plain; charset=utf-8';
      takeStreamPlace(bounds, request as Request, response as Response);
      const handle = follow === 'true' ? runs.get(run) : undefined;
      const follows = handle !== undefined && !isFinal(handle.state);
      const earlier = await lookUp.log(run, attempt);
      if (request.method === 'HEAD' || (!follows && typeof earlier === 'string')) {
        openStream(bounds, request as Request, response as Response, { type, past: typeof earlier === 'string' ? wrap(earlier) : '' }).end();
        if (typeof earlier !== 'string') earlier.destroy();
        return;
      }
      if (typeof earlier !== 'string' && !follows) {
        response.status(HEALTHY).set('Content-Type', type);
        // A reader that goes, and an S3 that breaks off, end the answer in its middle, which a reader can tell.
        await pipeline(earlier, logText(wrap, bounds.turns), response as Response).catch(() => earlier.destroy());
        return;
      }
      const before = typeof earlier === 'string' ? earlier : await textOf(earlier);
      if (handle === undefined) throw new Error('only a run that is here is followed');
      // Nothing is awaited from here on, so that no line comes between what there is and what follows. What came since it was read is in both.
      const { output } = handle;
      const past = output !== undefined && (attempt ?? output.attempt) === output.attempt ? output.collector.log.text() : before;
      const stream = openStream(bounds, request as Request, response as Response, { type, past: wrap(past) });
      // It may have ended while its log was read.
      if (isFinal(handle.state)) return stream.end();
      const leave = handle.follow((news: RunNews) => {
        if (news.kind === 'line') stream.write(wrap(`${news.line}\n`));
        else if (news.kind === 'timeline' && isFinal(handle.state)) stream.end();
      });
      whenOver(response as Response, leave);
    },
  };
}

/** Returns true if the caller prefers JSON lines. A header that is longer than any sensible one says nothing. */
function wantsJsonLines(request: Request): boolean {
  return (request.get('Accept') ?? '').length <= MAX_ACCEPT && request.accepts(['text/plain', NDJSON]) === NDJSON;
}

/** Makes a log fit to be shown, as it comes, a piece per turn; JSON needs whole lines. */
function logText(wrap: (lines: string) => string, turns: Turns): Transform {
  const pieces = new TextPieces();
  let rest = '';
  const next = (chunk: Buffer): string => {
    const text = rest + pieces.next(chunk);
    const end = wrap === visible ? text.length : text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    return wrap(text.slice(0, end));
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      turns
        .next()
        .then(() => next(chunk))
        .then((text) => done(null, text), done);
    },
    flush(done) {
      done(null, wrap(rest + pieces.rest()));
    },
  });
}

async function textOf(stream: Readable): Promise<string> {
  const pieces = new TextPieces();
  let text = '';
  for await (const chunk of stream) text += pieces.next(chunk as Buffer);
  return text + pieces.rest();
}

/** Lines as JSON documents: those that are none as `{"type":"text","text":…}`. */
function toJsonLines(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => `${visible(isJsonObject(line) ? line : JSON.stringify({ type: 'text', text: line }))}\n`).join('');
}

function isJsonObject(line: string): boolean {
  try {
    const json = parseJson(line);
    return typeof json === 'object' && json !== null;
  } catch {
    return false;
  }
}
