import type { Request, Response } from 'express';
import { z } from 'zod';
import type { TimelineEntry } from '../../ledger/entries.ts';
import type { RunHandle, RunNews } from '../../runs/handle.ts';
import { isFinal } from '../../runs/state.ts';
import { runDocument } from '../answers.ts';
import { EVENTS_EXAMPLE } from '../openapi/examples.ts';
import type { Route } from '../route.ts';
import { HEALTHY, NO_CONTENT } from '../status.ts';
import { openStream, takeStreamPlace, whenOver } from '../stream.ts';
import { jsonText } from '../visible.ts';
import type { RunServices } from './routes.ts';
import { LOOK_UP_CODES, readRunId, runPath } from './run-id.ts';

// Below what proxies wait for before they cut a silent connection.
const HEARTBEAT_MS = 15_000;
const PROGRESS_EVERY_MS = 500;

/** `GET /api/runs/{run}/events`: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function followEvents({ lookUp, bounds }: RunServices): Route {
  return {
    method: 'get',
    path: '/api/runs/{run}/events',
    describe: () => ({
      operationId: 'followRun',
      tags: ['runs'],
      summary: "A run's life as it goes on: server-sent events",
      description:
        "`state`: an entry of the run's timeline, those of the past first. `progress`: how far it is, at most twice a second. `end`: the run's document, last of all. A comment every 15 seconds says that the connection lives. Who comes back with `Last-Event-ID` gets what came after it; after the end, 204, at which an EventSource stops coming back.",
      requestParams: {
        path: runPath,
        header: z.object({ 'Last-Event-ID': z.string().optional().describe('Id of the last event that was seen; EventSource sends it by itself.') }),
      },
      responses: {
        [HEALTHY]: { description: 'Events.', content: { 'text/event-stream': { schema: { type: 'string' }, example: EVENTS_EXAMPLE } } },
        [NO_CONTENT]: { description: 'Everything has been told.' },
      },
      problems: [...LOOK_UP_CODES, 'TOO_MANY_REQUESTS'],
    }),
    handle: async (request, response) => {
      takeStreamPlace(bounds, request as Request, response as Response);
      const { handle, ended } = await lookUp.run(readRunId(request.params['run']));
      const seen = Number(request.get('Last-Event-ID') ?? 0) || 0;
      if (ended !== undefined && seen >= lastId(ended.timeline)) {
        response.status(NO_CONTENT).end();
        return;
      }
      const stream = openStream(bounds, request as Request, response as Response, { type: 'text/event-stream' });
      const write = (event: string, data: unknown, id?: number): void => {
        stream.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${jsonText(data)}\n\n`);
      };
      const tell = (entry: TimelineEntry): void => {
        if (idOf(entry) > seen) write('state', entry, idOf(entry));
      };
      if (request.method === 'HEAD') return;
      for (const entry of (ended ?? handle).timeline) tell(entry);
      if (ended !== undefined) {
        write('end', runDocument({ ended }));
        stream.end();
        return;
      }
      const leave = follow(handle, write, tell, stream.end);
      const heartbeat = setInterval(() => stream.write(':\n\n'), HEARTBEAT_MS);
      whenOver(response as Response, () => {
        clearInterval(heartbeat);
        leave();
      });
    },
  };
}

function follow(handle: RunHandle, write: (event: string, data: unknown) => void, tell: (entry: TimelineEntry) => void, end: () => void): () => void {
  let toldAt = 0;
  let later: NodeJS.Timeout | undefined;
  const progress = (): void => {
    clearTimeout(later);
    later = undefined;
    toldAt = Date.now();
    write('progress', handle.progress);
  };
  if (Object.keys(handle.progress.datasets).length > 0) progress();
  const leave = handle.follow((news: RunNews) => {
    if (news.kind === 'timeline') {
      // What is known last of an attempt is told before what became of it.
      if (later !== undefined) progress();
      tell(news.entry);
      if (handle.result !== undefined && isFinal(handle.state) && news.entry.event === 'answered') {
        write('end', runDocument({ ended: { ...handle.result, timeline: [...handle.timeline] } }));
        end();
      }
    } else if (news.kind === 'progress') {
      later ??= setTimeout(progress, Math.max(0, PROGRESS_EVERY_MS - (Date.now() - toldAt)));
    }
  });
  return () => {
    clearTimeout(later);
    leave();
  };
}

function idOf({ at }: TimelineEntry): number {
  return Date.parse(at);
}

function lastId(timeline: readonly TimelineEntry[]): number {
  const last = timeline.at(-1);
  return last === undefined ? 0 : idOf(last);
}
