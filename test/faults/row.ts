import { randomUUID } from 'node:crypto';
import { eventually } from '../support/docker.ts';
import { keyOf } from '../support/s3.ts';
import type { Turn } from '../support/s3-proxy.ts';
import { FAULTS } from './faults.ts';
import { type Lab, trap } from './lab.ts';
import { type Answered, Clients } from './load.ts';
import { type Findings, judge } from './oracle.ts';
import { parsePoint } from './points.ts';
import type { Stage } from './stage.ts';

/** One run, and what happens to it. */
export interface RowPlan {
  /** A fault's name; `none`, or `caller-gone`: the caller hangs up at the point. */
  readonly fault: string;
  readonly point: string;
  readonly pipeline: string;
}

/** What came of it. */
export interface RowResult {
  /** What the caller got, in turn: `200`, `cut, then 200`, `503, then 200`, `gone`. */
  readonly caller: string;
  /** How each attempt ended: `committed`, or the code of its failure. */
  readonly attempts: readonly string[];
  /** Files that S3 holds of the run. */
  readonly files: number;
  readonly findings: Findings;
}

interface Final {
  readonly run: string;
  readonly attempts: readonly { readonly state: string; readonly code?: string }[];
  readonly files?: Readonly<Record<string, { readonly url: string }>>;
}

const SETTLE_SECONDS = { open: 60, left: 30 };

/** Plays one run with one fault on a gateway that others have had before; its caller comes again with its key until it is answered. */
export async function playRow(lab: Lab, stage: Stage, { fault, point: text, pipeline }: RowPlan): Promise<RowResult> {
  await stage.listening();
  const before = new Set(await stage.bucket.keys('_esclusa/runs/'));
  const clients = new Clients(() => stage.url);
  const beside: Promise<unknown>[] = [];
  const caller = new AbortController();
  const point = parsePoint(text);
  const strike = async (): Promise<Turn> => {
    if (fault === 'caller-gone') caller.abort();
    const known = FAULTS.get(fault);
    return known === undefined ? 'forward' : known.strike({ stage, lab, point, clients, aside: (work) => void beside.push(work) });
  };
  if ('afterMs' in point) lab.calm();
  else lab.judgeBy(trap(point, strike));
  const answers = await clients.insist(pipeline, randomUUID(), caller.signal);
  await Promise.all(beside);
  const key = await eventually('the final entry', async () => (await stage.bucket.keys('_esclusa/runs/')).find((key) => !before.has(key)));
  const left = await stage.settle(SETTLE_SECONDS.open, SETTLE_SECONDS.left);
  // Also of what happened only after the answer.
  await Promise.all(beside);
  lab.calm();
  const final = JSON.parse(await stage.bucket.text(key)) as Final;
  const data = new Set(await stage.bucket.dataKeys());
  return {
    caller: inWords(answers),
    attempts: final.attempts.map(({ state, code }) => code ?? state),
    files: Object.values(final.files ?? {}).filter(({ url }) => data.has(keyOf(url))).length,
    findings: await judge(stage, answers, left),
  };
}

/** Answers in turn, those that are alike only once. */
function inWords(answers: readonly Answered[]): string {
  const words = answers.map(({ status, error }) => (error === 'AbortError' ? 'gone' : String(status ?? 'cut')));
  return words.filter((word, at) => word !== words[at - 1]).join(', then ');
}
