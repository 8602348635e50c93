import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { docker } from './docker.ts';
import { stack } from './stack.ts';

/** One request to S3, as far as a test looks at it. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly sessionToken: string | undefined;
}

/** Stands before the shared S3 and writes down who comes with which session token; on Docker's own address of this host, where containers reach it too. */
export class S3Recorder {
  /** As gateways name it. */
  readonly outside: string;
  /** As jobs name it. */
  readonly inside: string;
  readonly requests: Recorded[];
  readonly stop: () => Promise<void>;

  private constructor(address: string, port: number, requests: Recorded[], stop: () => Promise<void>) {
    this.outside = `http://${address}:${port}`;
    this.inside = `http://host.docker.internal:${port}`;
    this.requests = requests;
    this.stop = stop;
  }

  static async start(): Promise<S3Recorder> {
    const requests: Recorded[] = [];
    const { hostname, port } = new URL(stack().s3.endpoint);
    const server = createServer((incoming, answer) => {
      const { method = '', url: path = '', headers } = incoming;
      requests.push({ method, path, sessionToken: headers['x-amz-security-token']?.toString() });
      // Headers go on unchanged, the host's name too: the signature covers them.
      const onward = request({ hostname, port, method, path, headers, setHost: false }, (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502, theirs.headers);
        pipeline(theirs, answer, () => {});
      });
      pipeline(incoming, onward, (error) => error && answer.destroy());
      onward.on('error', () => answer.destroy());
    });
    const address = await hostAddress();
    server.listen(0, address);
    await once(server, 'listening');
    return new S3Recorder(address, (server.address() as AddressInfo).port, requests, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
  }
}

/** This host's address on Docker's default bridge, which is what containers get for host.docker.internal. */
export async function hostAddress(): Promise<string> {
  const { IPAM } = (await docker.getNetwork('bridge').inspect()) as { IPAM: { Config: { Gateway?: string; Subnet?: string }[] } };
  const network = IPAM.Config.find(({ Subnet }) => Subnet?.includes('.'));
  // Some versions don't tell the gateway, which then is the first address.
  const address = network?.Gateway ?? network?.Subnet?.replace(/\.0\/\d+$/, '.1');
  if (address === undefined) throw new Error('the network "bridge" has no gateway');
  return address;
}
