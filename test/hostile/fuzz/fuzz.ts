import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type FuzzedDocument, type FuzzedRequest, Generator } from './generate.ts';

/** How a gateway is tried. */
export interface FuzzOptions {
  readonly url: string;
  readonly requests: number;
  readonly seed: number;
  readonly key?: string | undefined;
  /** The gateway's process, if its memory shall be looked at. */
  readonly pid?: number | undefined;
}

/** Result of a fuzz run. */
export interface FuzzReport {
  readonly seed: number;
  readonly requests: number;
  /** How many of each status; `none` where the connection was closed without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Codes of answers from 500 on that say honestly what stands behind the gateway. */
  readonly honest: Readonly<Record<string, number>>;
  /** Answers that must never occur: an internal error, a hang, a close without an answer, two answers, words of the gateway's inside. */
  readonly faults: readonly string[];
  /** Slowest request of those that ask no job. */
  readonly slowest: { readonly ms: number; readonly about: string };
  readonly rssMiB?: { readonly before: number; readonly after: number; readonly peak: number };
}

const HANG_MS = 10_000;
// A check may take half a minute for each of some pipelines.
const JOB_MS = 120_000;
const AT_ONCE = 16;
const INSIDE = /\n\s+at |node:internal|\/gateway\/src\//;

/** Sends requests made out of the gateway's own OpenAPI document, on loopback alone; the same ones for the same seed. */
export async function fuzz({ url, requests, seed, key, pid }: FuzzOptions): Promise<FuzzReport> {
  const { hostname, port, host } = new URL(url);
  if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)) throw new Error(`${hostname} is not loopback`);
  const headers = key === undefined ? {} : { 'x-api-key': key };
  const document = (await (await fetch(`${url}/openapi.json`, { headers })).json()) as FuzzedDocument;
  const generator = new Generator(document, { seed, host, key });
  const before = pid === undefined ? 0 : memory(pid, 'VmRSS');
  const statuses: Record<string, number> = {};
  const honest: Record<string, number> = {};
  const faults: string[] = [];
  let slowest = { ms: 0, about: '' };
  let left = requests;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const request = generator.next();
      const began = performance.now();
      const answer = await send(hostname.replaceAll(/[[\]]/g, ''), Number(port), request);
      const ms = Math.round(performance.now() - began);
      if (ms > slowest.ms && !request.asksJobs) slowest = { ms, about: request.about };
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const fault = faultOf(answer, request);
      if (fault !== undefined) faults.push(`${fault}: ${request.about}\n    ${answer.text.slice(-300).replaceAll(/\s+/g, ' ')}`);
      else if (Number(answer.status) >= 500) honest[codeOf(answer.text)] = (honest[codeOf(answer.text)] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const rssMiB = pid === undefined ? {} : { rssMiB: { before, after: memory(pid, 'VmRSS'), peak: memory(pid, 'VmHWM') } };
  return { seed, requests, statuses, honest, faults, slowest, ...rssMiB };
}

interface Answer {
  readonly status: string;
  readonly text: string;
  readonly hung: boolean;
}

function faultOf({ status, text, hung }: Answer, { asksJobs, cut }: FuzzedRequest): string | undefined {
  if (hung) return `no end within ${asksJobs ? JOB_MS : HANG_MS} ms (${status})`;
  if (status === 'none' && !cut) return 'closed without an answer';
  const code = codeOf(text);
  if (Number(status) >= 500 && (code === '' || code === 'INTERNAL')) return `${status} ${code}`;
  // 100 Continue is no answer yet.
  if ((text.match(/^HTTP\/1\.1 [2-5]\d\d /gm) ?? []).length > 1) return 'two answers';
  return INSIDE.test(text) ? 'words of its inside' : undefined;
}

function codeOf(text: string): string {
  return /"code":"([A-Z][A-Z0-9_]+)"/.exec(text)?.[1] ?? '';
}

async function send(host: string, port: number, { bytes, cut, asksJobs }: FuzzedRequest): Promise<Answer> {
  const socket = connect(port, host);
  let text = '';
  return new Promise((resolve) => {
    const end = (hung: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 ([2-5]\d\d)/m.exec(text)?.[1] ?? 'none';
      resolve({ status, text, hung });
    };
    const timer = setTimeout(() => end(true), asksJobs ? JOB_MS : HANG_MS);
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', () => {});
    socket.once('close', () => end(false));
    if (cut) socket.end(bytes);
    else socket.write(bytes);
  });
}

function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}
