import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

/** How a client asks, and what it does when it gets no answer. */
export type Kind = 'async' | 'keyed' | 'keyed-wait' | 'twins' | 'wait' | 'gone';

/** One request that will be made. */
export interface Planned {
  readonly id: number;
  /** Milliseconds after the load's beginning. */
  readonly at: number;
  readonly kind: Kind;
  readonly pipeline: string;
  readonly key: string;
  /** When a caller hangs up (`gone`), or comes again with its key, in milliseconds after the request or its answer. */
  readonly delay: number;
  /** Whether a client that has its answer asks once more with the same key. */
  readonly repeats: boolean;
}

/** What came of one request, as its client saw it. */
export interface Answered {
  readonly id: number;
  readonly kind: Kind;
  readonly pipeline: string;
  readonly key: string | undefined;
  readonly status: number | undefined;
  readonly run: string | undefined;
  readonly code: string | undefined;
  /** Why there was no answer. */
  readonly error: string | undefined;
}

/** How much is asked for. */
export interface LoadOptions {
  readonly seconds: number;
  readonly perSecond: number;
  /** Requests that all come in the first instant, to fill the waiting room. */
  readonly crowd: number;
  /** Pipelines by their weights. */
  readonly pipelines: Readonly<Record<string, number>>;
}

const KINDS: Readonly<Record<Kind, number>> = { async: 45, keyed: 18, 'keyed-wait': 7, twins: 5, wait: 20, gone: 5 };
const ANSWER_WITHIN_MS = 150_000;
const REPEAT_FOR_MS = 60_000;
const REPEAT_PAUSE_MS = 300;

/** Plans an open loop: requests come when they come, whether earlier ones were answered or not. */
export function planLoad(random: Random, { seconds, perSecond, crowd, pipelines }: LoadOptions): Planned[] {
  const times = Array.from({ length: seconds * perSecond }, () => random.integer(0, seconds * 1000));
  return [...Array.from({ length: crowd }, () => 0), ...times]
    .toSorted((a, b) => a - b)
    .map((at, id) => ({
      id,
      at,
      kind: random.weighted(KINDS),
      pipeline: random.weighted(pipelines),
      key: random.uuid(),
      delay: random.integer(50, 1500),
      repeats: random.chance(0.4),
    }));
}

/** Clients that make the planned requests, and write down what they were answered: the oracle of a round. */
export class Clients {
  readonly answers: Answered[] = [];
  offered = 0;
  readonly #url: () => string;

  /** `url`: where the gateway is now. */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** Makes all of them, and resolves once each has its answer or has given up. */
  async run(plan: readonly Planned[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      plan.map(async (planned) => {
        await sleep(planned.at, undefined, { signal });
        await this.#perform(planned);
      }),
    );
  }

  /** Asks for a pipeline and waits for the end. */
  async ask(pipeline: string): Promise<Answered> {
    return this.#ask({ id: -1, at: 0, kind: 'wait', pipeline, key: '', delay: 0, repeats: false });
  }

  /** Asks for a pipeline with a key of its own, again and again until there is an answer; gives all that it got. */
  async insist(pipeline: string, key: string, hangUp: AbortSignal): Promise<Answered[]> {
    const from = this.answers.length;
    await this.#insist({ id: -1, at: 0, kind: 'keyed-wait', pipeline, key, delay: 0, repeats: false }, hangUp);
    return this.answers.slice(from);
  }

  async #perform(planned: Planned): Promise<void> {
    switch (planned.kind) {
      case 'async':
      case 'wait':
      case 'gone':
        return void (await this.#ask(planned));
      case 'twins':
        return void (await Promise.all([this.#insist(planned), this.#insist(planned)]));
      case 'keyed':
      case 'keyed-wait': {
        await this.#insist(planned);
        if (!planned.repeats) return;
        await sleep(planned.delay);
        await this.#insist(planned);
      }
    }
  }

  /** Asks with the same key until there is an answer. */
  async #insist(planned: Planned, hangUp?: AbortSignal): Promise<void> {
    for (const deadline = Date.now() + REPEAT_FOR_MS; Date.now() < deadline; await sleep(REPEAT_PAUSE_MS)) {
      const { status } = await this.#ask(planned, hangUp);
      if (hangUp?.aborted === true || (status !== undefined && status !== 503)) return;
    }
  }

  async #ask({ id, kind, pipeline, key, delay }: Planned, hangUp?: AbortSignal): Promise<Answered> {
    this.offered++;
    const keyed = kind !== 'async' && kind !== 'wait' && kind !== 'gone';
    const headers = {
      ...(kind === 'async' || kind === 'keyed' || kind === 'twins' ? { Prefer: 'respond-async' } : {}),
      ...(keyed ? { 'Idempotency-Key': `"${key}"` } : {}),
    };
    const asked = { id, kind, pipeline, key: keyed ? key : undefined };
    const bound = AbortSignal.timeout(kind === 'gone' ? delay : ANSWER_WITHIN_MS);
    const signal = hangUp === undefined ? bound : AbortSignal.any([bound, hangUp]);
    let answered: Answered;
    try {
      const response = await fetch(`${this.#url()}/api/ingesta/${pipeline}`, { method: 'POST', headers, signal });
      const { run, code } = (await response.json()) as { run?: string; code?: string };
      answered = { ...asked, status: response.status, run, code, error: undefined };
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string } };
      answered = { ...asked, status: undefined, run: undefined, code: undefined, error: cause?.code ?? name };
    }
    this.answers.push(answered);
    return answered;
  }
}

/** Whether an answer says that a run was accepted. */
export function isAccepted({ status, run }: Answered): boolean {
  return (status === 200 || status === 202) && run !== undefined;
}
