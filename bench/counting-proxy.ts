import { once } from 'node:events';
import { type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before S3 and counts the requests that pass. */
export class CountingProxy {
  count = 0;
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** `port`: S3's own on loopback. */
  static async start(port: number): Promise<CountingProxy> {
    const server = createServer({ requestTimeout: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CountingProxy(server);
    server.on('request', (incoming, answer) => {
      proxy.count++;
      const { method, url, headers } = incoming;
      // The signature covers the host's name, so it goes on as it came.
      const onward = request({ host: '127.0.0.1', port, method, path: url, headers, setHost: false }, (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502, theirs.headers);
        theirs.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      incoming.pipe(onward);
    });
    return proxy;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
