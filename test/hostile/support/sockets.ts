import { type Socket, connect } from 'node:net';

/** A connection by hand: what it was answered so far, and whether it was closed. */
export class RawConnection {
  readonly socket: Socket;
  text = '';
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (chunk: string) => (this.text += chunk.length + this.text.length > KEPT ? '' : chunk));
    socket.on('error', () => {});
    socket.on('close', () => (this.closed = true));
  }

  /** Resolves once it stands, or has been refused. */
  static async open(url: string, first?: string | Buffer): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    if (first !== undefined) socket.write(first);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()).once('close', () => resolve()));
    return connection;
  }

  /** Status of each answer so far. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }
}

const KEPT = 256 * 1024;
const AT_ONCE = 50;

/** Many connections that each send the same; opened some at a time, as the kernel's line of those that wait is short. */
export async function openMany(count: number, url: string, first?: string | Buffer): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const more = Math.min(AT_ONCE, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: more }, () => RawConnection.open(url, first)))));
  }
  return connections;
}

export function closeAll(connections: readonly RawConnection[]): void {
  for (const { socket } of connections) socket.destroy();
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until all are closed by the other side; gives how many are not. */
export async function openAfter(connections: readonly RawConnection[], seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1_000;
  const open = (): number => connections.filter(({ closed }) => !closed).length;
  while (open() > 0 && Date.now() < deadline) await pause(100);
  return open();
}

/** How often each is there: `40 × 200, 2 × 429`. */
export function tally(words: readonly (string | number)[]): string {
  const counts = new Map<string | number, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    .map(([word, count]) => `${count} × ${word}`)
    .join(', ');
}
