import { type IncomingMessage, type Server, STATUS_CODES, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { GatewayErrorCode } from '../errors.ts';
import { BOUNDS, Budget, connectionsFor } from './bounds.ts';
import { type Problem, problemText } from './problem.ts';
import { declaredBytes, declaresTooMuch } from './read-body.ts';
import { statusOf } from './status.ts';

const DROPPED_EVERY_MS = 60_000;
const RETRY_AFTER_SECONDS = 5;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Handles a request that may be worked on. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests of one socket. */
interface Connection {
  /** Answers that are not done yet. */
  readonly open: Set<ServerResponse>;
  /** Begins of requests whose turn has not come, in their order. */
  readonly waiting: (() => void)[];
  /** True once the last request has its whole answer, and bytes that still come belong to it. */
  isAnswered: boolean;
}

/**
 * The HTTP server with its bounds on who connects, and for how long one may say or take nothing. A run that is waited for may take hours.
 * Answers by itself what is no request.
 */
export function createGatewayServer(listener: RequestListener, openRuns: number, log: Logger): Server {
  const server = createServer({
    // Node's own refusal of a request without Host is no problem document.
    requireHostHeader: false,
    connectionsCheckingInterval: BOUNDS.checkMs,
    headersTimeout: BOUNDS.headersMs,
    requestTimeout: BOUNDS.requestMs,
    keepAliveTimeout: BOUNDS.idleMs,
    // TCP keep-alive reveals a caller who waits for hours and whose machine is gone.
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  });
  server.maxConnections = connectionsFor(openRuns);
  server.timeout = BOUNDS.silenceMs;
  const connections = new WeakMap<Duplex, Connection>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const bodies = new Budget(BOUNDS.allBodyBytes);
  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const problem = problemOf(request, sockets);
    if (problem === undefined) listener(request, response);
    else answerProblem(response, problem);
  };
  server.on('request', (request, response) => {
    const { socket } = request;
    const connection = connections.get(socket) ?? connectionOf(socket);
    connections.set(socket, connection);
    const { open, waiting } = connection;
    open.add(response);
    connection.isAnswered = false;
    const bytes = declaredBytes(request);
    const isTaken = bodies.take(bytes);
    response.once('close', () => {
      open.delete(response);
      if (isTaken) bodies.give(bytes);
      const next = waiting.shift();
      // Nothing is begun for one who has gone.
      if (!socket.destroyed) next?.();
    });
    response.once('finish', () => {
      if (!request.complete || !response.shouldKeepAlive) connection.isAnswered = true;
    });
    // Each holds memory until those before it are answered, and work would be done for one who reads nothing: so it begins when it is its turn.
    if (open.size > BOUNDS.pipelined || (!isTaken && open.size > 1)) socket.destroy();
    else if (!isTaken) answerProblem(response, TOO_MANY_BODIES);
    else if (open.size === 1) begin(request, response);
    else waiting.push(() => begin(request, response));
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // The server never asks for the body of a request that it would refuse.
    if (!declaresTooMuch(request)) response.writeContinue();
    server.emit('request', request, response);
  });
  // Unknown expectations need not be met, and no counter would see Node's own answer.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response));
  // Nothing was said or taken for a while. A socket that only waits for its answer has nothing to take.
  server.on('timeout', (socket: Socket) => {
    const waits = (connections.get(socket)?.open.size ?? 0) > 0;
    if (!waits || socket.writableLength > 0) socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { open, isAnswered } = connections.get(socket) ?? {};
    const begun = [...(open ?? [])].some(({ headersSent }) => headersSent);
    if (!socket.writable || begun || isAnswered === true || error.code === 'ECONNRESET') socket.destroy();
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

/** A connection without a request. Node tells only the first of its answers that the socket is gone. */
function connectionOf(socket: Socket): Connection {
  const open = new Set<ServerResponse>();
  socket.once('close', () => {
    setImmediate(() => {
      for (const response of open) response.destroy().emit('close');
    });
  });
  return { open, waiting: [], isAnswered: false };
}

/** Why a request is not even looked at. */
function problemOf(request: IncomingMessage, sockets: ReadonlySet<Socket>): Problem | undefined {
  if (request.headers.host === undefined && request.httpVersionMinor > 0) {
    return { code: 'REQUEST_MALFORMED', detail: 'a request has one Host; send it' };
  }
  // Answers of which readers take nothing lie in memory; small ones, and those to who waits for a run, go on.
  if (!READS.has(request.method ?? '') || request.url === '/health') return undefined;
  let unsent = 0;
  for (const { writableLength } of sockets) unsent += writableLength;
  if (unsent <= BOUNDS.allUnsentBytes) return undefined;
  return { code: 'TOO_MANY_REQUESTS', detail: 'too much of other answers waits to be read; try again later', retryAfterSeconds: RETRY_AFTER_SECONDS };
}

const TOO_MANY_BODIES: Problem = {
  code: 'TOO_MANY_REQUESTS',
  detail: 'too many bytes of other requests are being worked on; try again later',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

function answerProblem(response: ServerResponse, problem: Problem): void {
  const { code, retryAfterSeconds } = problem;
  response.writeHead(statusOf(code), {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    // Its body is not read.
    Connection: 'close',
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
  });
  response.end(problemText(problem));
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
    // The server ignores later bytes of this client.
    () => socket.destroy(),
  );
}
