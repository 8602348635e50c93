import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** An answer, read to its end. */
export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body where it is a JSON object, else an empty one. */
  readonly body: Readonly<Record<string, unknown>>;
}

const PATIENCE_MS = 90_000;

/** Asks over connections of its own, with exactly the headers that are given: a browser's too, which `fetch` would not send. */
export class Asker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  /** Rejects when there is no whole answer. */
  async ask(method: string, url: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Asked> {
    const answer = await new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const asking = request(url, { method, agent: this.#agent, headers: { ...this.#headers, ...headers }, timeout: PATIENCE_MS }, (incoming) => {
        text(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }), reject);
      });
      asking.on('error', reject);
      asking.on('timeout', () => asking.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
      asking.end(body);
    });
    return { ...answer, body: objectOf(answer.text) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Status and code of an answer: `200`, `502 JOB_CONTRACT_BROKEN`. */
export function wordsOf({ status, body }: Pick<Asked, 'status' | 'body'>): string {
  const code = typeof body['code'] === 'string' ? ` ${body['code']}` : '';
  return `${status}${code}`;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
