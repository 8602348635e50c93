import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { operationOf } from './s3-operations.ts';
import { hostAddress } from './s3-recorder.ts';
import { stack } from './stack.ts';

/** One call on S3 that passes. */
export interface S3Call {
  /** Its name, as {@link operationOf} gives it. */
  readonly operation: string;
  /** Counts the calls of this name since {@link S3Proxy.reset}, from 1. */
  readonly nth: number;
  readonly url: string;
}

/** Before S3 sees a call, or after S3 has done it and before the answer goes back. */
export type When = 'before' | 'after';

/**
 * What becomes of a call: it goes on; its connection is dropped; half of its body reaches S3 and then both connections break
 * (`cut`, before S3 only); or an answer of S3's is given in its place.
 */
export type Turn = 'forward' | 'drop' | 'cut' | { readonly status: number; readonly code: string };

/** Asked about each call, before and after S3; the call is held until it resolves. */
export type Gate = (call: S3Call, when: When) => Turn | Promise<Turn>;

/** Where to hold a request: the `nth` of its kind, before or after S3. */
export interface Breakpoint {
  readonly operation: string;
  readonly when: When;
  readonly nth: number;
}

const open: Gate = () => 'forward';

/**
 * A proxy before S3 that can hold, drop, cut or answer single calls, so that a test can have something happen at exactly that point.
 * It listens on Docker's own address of this host, where containers reach it as well as gateways.
 */
export class S3Proxy {
  /** S3 through the proxy, as containers see it. */
  readonly inside: string;
  /** The same as processes of this host see it. */
  readonly outside: string;
  /** Decides on each call. */
  gate: Gate = open;
  readonly #server: Server;
  readonly #target: URL;
  readonly #counts = new Map<string, number>();
  #hit: PromiseWithResolvers<void> | undefined;
  #release: PromiseWithResolvers<'forward' | 'drop'> | undefined;

  private constructor(server: Server, address: string, target: string) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.#target = new URL(target);
    this.outside = `http://${address}:${port}`;
    this.inside = `http://host.docker.internal:${port}`;
    server.on('request', (incoming, answer) => {
      // Not the request itself: one that was read to its end leaves its connection open.
      this.#pass(incoming, answer).catch(() => incoming.socket.destroy());
    });
  }

  /** `target`: an S3 as this host sees it; the one that tests share unless another is given. */
  static async start(target: string = stack().s3.endpoint): Promise<S3Proxy> {
    const server = createServer({ requestTimeout: 0 });
    const address = await hostAddress();
    server.listen(0, address);
    await once(server, 'listening');
    return new S3Proxy(server, address, target);
  }

  /** Lets everything through, and counts from 1 again. */
  reset(): void {
    this.gate = open;
    this.#counts.clear();
  }

  /** Holds one request; see {@link hit} and {@link release}. */
  breakAt({ operation, when, nth }: Breakpoint): void {
    this.reset();
    const [hit, release] = [Promise.withResolvers<void>(), Promise.withResolvers<'forward' | 'drop'>()];
    [this.#hit, this.#release] = [hit, release];
    this.gate = (call, at) => {
      if (call.operation !== operation || at !== when || call.nth !== nth) return 'forward';
      hit.resolve();
      return release.promise;
    };
  }

  /** Waits until the request is being held. */
  async hit(): Promise<void> {
    await this.#hit?.promise;
  }

  /** Lets the held request go on, or cuts its connection. */
  release(action: 'forward' | 'drop'): void {
    this.#release?.resolve(action);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    const operation = operationOf(method, url);
    const nth = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, nth);
    const call = { operation, nth, url };
    const body = await buffer(incoming);
    const first = await this.gate(call, 'before');
    if (first === 'drop') return void incoming.socket.destroy();
    if (typeof first === 'object') return refuse(answer, first);
    const theirs = await this.#forward(incoming, body, first === 'cut');
    const content = await buffer(theirs);
    const second = await this.gate(call, 'after');
    if (second === 'drop' || second === 'cut') return void incoming.socket.destroy();
    if (typeof second === 'object') return refuse(answer, second);
    answer.writeHead(theirs.statusCode ?? 502, theirs.headers);
    answer.end(content);
  }

  /** Headers go on unchanged, the host's name too: the signature covers them. */
  #forward({ method = '', url = '', headers }: IncomingMessage, body: Buffer, cut: boolean): Promise<IncomingMessage> {
    const { hostname, port } = this.#target;
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path: url, headers, setHost: false });
      onward.once('response', resolve);
      // 'on', since a socket may fail more than once.
      onward.on('error', reject);
      if (!cut) onward.end(body);
      else onward.write(body.subarray(0, body.length / 2), () => onward.destroy(new Error('cut')));
    });
  }
}

/** S3's way to refuse; without a code, its way to say that all is well. */
function refuse(answer: ServerResponse, { status, code }: { status: number; code: string }): void {
  if (code === '') return void answer.writeHead(status, { etag: '"0"' }).end();
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>by the test's proxy</Message></Error>`);
}
