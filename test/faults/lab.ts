import { DockerProxy } from '../engine/support/docker-proxy.ts';
import { S3Proxy, type Turn } from '../support/s3-proxy.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { S3Server } from './s3-server.ts';
import { type NamedPoint, type Side, type Where } from './points.ts';

/**
 * Pipelines of the load with their weights. Many ask for the same two at once and are answered by one run (`join`), or a round would
 * last for as long as two cores need for all their containers; `grande` has two parts, so that its upload can be hit between them.
 */
export const PIPELINES: Readonly<Record<string, { readonly weight: number; readonly yaml: string; readonly table: string }>> = {
  pedidos: pipeline('pedidos', 26, 3_000),
  clientes: pipeline('clientes', 37, 2_000, 'overlap: join\n'),
  ventas: pipeline('ventas', 33, 4_000, 'overlap: join\n'),
  grande: pipeline('grande', 4, 75_000),
  // Twice as long as all that a job and its sockets hold in memory, so that its source is still being read when the first of them goes up; not part of any load.
  enorme: pipeline('enorme', 0, 1_000_000),
  // Several files of one dataset; not part of any load.
  partida: pipeline('partida', 0, 20_000, '', '{ splitMiB: 1 }'),
};

/** One call that passes a proxy. */
export interface PassingCall {
  readonly side: Side;
  readonly operation: string;
  readonly nth: number;
}

/** Decides on each call that passes a proxy. */
export type Judge = (call: PassingCall, when: 'before' | 'after') => Turn | Promise<Turn>;

/** What all rounds share: the proxies before S3 and Docker, and the database that is read. */
export class Lab {
  readonly s3: S3Proxy;
  readonly jobS3: S3Proxy;
  readonly docker: DockerProxy;
  /** What lies behind the proxies before S3. */
  readonly store: S3Server;
  /** A server of its own, since faults may kill it. */
  readonly database: PostgresServer;

  #weather: Judge | undefined;

  private constructor(store: S3Server, s3: S3Proxy, jobS3: S3Proxy, docker: DockerProxy, database: PostgresServer) {
    this.store = store;
    this.s3 = s3;
    this.jobS3 = jobS3;
    this.docker = docker;
    this.database = database;
  }

  static async start(): Promise<Lab> {
    const docker = new DockerProxy();
    const tables = Object.values(PIPELINES).map(({ table }) => table);
    const [store, database] = await Promise.all([S3Server.start(), PostgresServer.start(...tables), docker.listen()]);
    const { endpoint } = store.access;
    const [s3, jobS3] = [await S3Proxy.start(endpoint), await S3Proxy.start(endpoint)];
    const lab = new Lab(store, s3, jobS3, docker, database);
    lab.calm();
    return lab;
  }

  /** Asks `judge` about every call from now on, and counts calls from 1 again. */
  judgeBy(point: Judge): void {
    this.#weather = undefined;
    const judge: Judge = async (call, when) => {
      const turn = await point(call, when);
      return turn === 'forward' ? (this.#weather?.(call, when) ?? 'forward') : turn;
    };
    for (const [side, proxy] of [['s3', this.s3] as const, ['job-s3', this.jobS3] as const]) {
      proxy.reset();
      proxy.gate = ({ operation, nth }, when) => judge({ side, operation, nth }, when);
    }
    this.docker.reset();
    this.docker.gate = async ({ operation, nth }, when) => ((await judge({ side: 'docker', operation, nth }, when)) === 'forward' ? 'forward' : 'drop');
  }

  /** Has every call judged for a while. */
  async spell(judge: Judge, ms: number): Promise<void> {
    this.#weather = judge;
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.#weather === judge) this.#weather = undefined;
  }

  /** Lets every call through. */
  calm(): void {
    this.judgeBy(() => 'forward');
  }

  async stop(): Promise<void> {
    await Promise.all([this.s3.stop(), this.jobS3.stop(), this.docker.close(), this.database.stop(), this.store.stop()]);
  }
}

/** Has something happen once, when a named point is reached; every other call goes on. */
export function trap(point: NamedPoint, strike: () => Promise<Turn>): Judge {
  let sprung = false;
  const when = point.where === 'after' ? 'after' : 'before';
  return ({ side, operation, nth }, at) => {
    if (sprung || side !== point.side || operation !== point.operation || nth !== point.nth || at !== when) return 'forward';
    sprung = true;
    return strike();
  };
}

/** What becomes of the call at which its sender was killed. */
export function turnAfterKill(where: Where): Turn {
  return where === 'late' ? 'forward' : 'drop';
}

function pipeline(name: string, weight: number, rows: number, more = '', dataset = '') {
  return {
    weight,
    yaml: `job: postgresql\ndatasets:\n  ${name}: ${dataset}\n${more}`,
    table: `create table ${name} as select g as id, repeat(md5(g::text), 4) as texto from generate_series(1, ${rows}) as g`,
  };
}
