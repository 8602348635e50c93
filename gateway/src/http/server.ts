import { type IncomingMessage, type Server, STATUS_CODES, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { GatewayErrorCode } from '../errors.ts';
import { BOUNDS, connectionsFor } from './bounds.ts';
import { problemText } from './problem.ts';
import { declaresTooMuch } from './read-body.ts';
import { statusOf } from './status.ts';

const DROPPED_EVERY_MS = 60_000;

/** What the server hands requests to. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The HTTP server with its bounds on who connects, and for how long one may say or take nothing. A run that is waited for may take hours.
 * Answers by itself what is no request.
 */
export function createGatewayServer(listener: RequestListener, openRuns: number, log: Logger): Server {
  const server = createServer({
    connectionsCheckingInterval: BOUNDS.checkMs,
    headersTimeout: BOUNDS.headersMs,
    requestTimeout: BOUNDS.requestMs,
    keepAliveTimeout: BOUNDS.idleMs,
    // One who waits for hours and whose machine is gone is noticed.
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  });
  server.maxConnections = connectionsFor(openRuns);
  server.timeout = BOUNDS.silenceMs;
  const underWay = new WeakMap<Duplex, Set<ServerResponse>>();
  const waiting = new WeakMap<Duplex, (() => void)[]>();
  // What still comes on these belongs to a request that has its answer.
  const answered = new WeakSet<Duplex>();

  server.on('request', (request, response) => {
    const { socket } = request;
    const open = underWay.get(socket) ?? answersOf(socket);
    underWay.set(socket, open.add(response));
    answered.delete(socket);
    response.once('close', () => {
      open.delete(response);
      const next = waiting.get(socket)?.shift();
      // Nothing is begun for one who has gone.
      if (!socket.destroyed) next?.();
    });
    response.once('finish', () => {
      if (!request.complete || !response.shouldKeepAlive) answered.add(socket);
    });
    // Each holds memory until those before it are answered, and work would be done for one who reads nothing: so it begins when it is its turn.
    if (open.size > BOUNDS.pipelined) socket.destroy();
    else if (open.size === 1) listener(request, response);
    else waiting.set(socket, [...(waiting.get(socket) ?? []), () => listener(request, response)]);
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // One that would be refused is not asked for its body.
    if (!declaresTooMuch(request)) response.writeContinue();
    server.emit('request', request, response);
  });
  // What nobody knows need not be met, and Node's own answer would be counted by nobody.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response));
  // Nothing was said or taken for a while. A socket that only waits for its answer has nothing to take.
  server.on('timeout', (socket: Socket) => {
    const waits = (underWay.get(socket)?.size ?? 0) > 0;
    if (!waits || socket.writableLength > 0) socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const begun = [...(underWay.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (!socket.writable || begun || answered.has(socket) || error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, ...whyRefused(error));
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {});
    refuse(socket, 'METHOD_NOT_ALLOWED', 'this gateway is no proxy: CONNECT is not taken', 'Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n');
  });
  let dropped = 0;
  server.on('drop', () => {
    if (dropped++ > 0) return;
    setTimeout(() => {
      log.warn({ dropped, most: server.maxConnections }, 'connections were dropped: as many as there may be are open');
      dropped = 0;
    }, DROPPED_EVERY_MS).unref();
  });
  return server;
}

/** The answers that are under way on a socket, none yet. Node tells only the first of them that the socket is gone. */
function answersOf(socket: Socket): Set<ServerResponse> {
  const open = new Set<ServerResponse>();
  socket.once('close', () => {
    setImmediate(() => {
      for (const response of open) response.destroy().emit('close');
    });
  });
  return open;
}

function whyRefused({ code, message }: NodeJS.ErrnoException): [GatewayErrorCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['HEADERS_TOO_LARGE', 'the request line and headers are too large: at most 16 KiB are taken'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['BODY_TOO_LARGE', "the body's chunk extensions are too large; leave them out"];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        'REQUEST_TIMED_OUT',
        `the request was not whole in time: ${BOUNDS.headersMs / 1_000} s for its headers, ${BOUNDS.requestMs / 1_000} s with its body`,
      ];
    default:
      return ['REQUEST_MALFORMED', `this is no HTTP request that can be read (${message.slice(0, 200)})`];
  }
}

function refuse(socket: Duplex, code: GatewayErrorCode, detail: string, headers = ''): void {
  const status = statusOf(code);
  const body = problemText({ code, detail });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    // What it still says is not heard.
    () => socket.destroy(),
  );
}
