import { say, type Stage } from './stage.ts';

const SHOWN_LINES = 5;
const SHOWN_WIDTH = 200;

type Result = Readonly<Record<string, { readonly url: string; readonly registros: number }>>;

/** POSTs to every pipeline at once, and prints the answers and the first lines of each file as they lie in S3. */
export async function show({ url, s3, pipelines }: Stage): Promise<void> {
  for (const pipeline of pipelines) say(`curl -X POST ${url}/api/ingesta/${pipeline}`);
  const results = await Promise.all(pipelines.map((pipeline) => extract(url, pipeline)));
  for (const [dataset, { url: object, registros }] of results.flatMap((result) => Object.entries(result ?? {}))) {
    const lines = (await s3.head(object, 4096)).split('\n').slice(0, SHOWN_LINES);
    console.log(`\n${dataset}: ${registros} rows, ${object}`);
    for (const line of lines) console.log(`  ${line.length > SHOWN_WIDTH ? `${line.slice(0, SHOWN_WIDTH)}…` : line}`);
  }
  const failed = pipelines.filter((_, at) => results[at] === undefined);
  if (failed.length > 0) throw new Error(`the run of ${failed.join(', ')} failed; the answers above say why`);
}

async function extract(url: string, pipeline: string): Promise<Result | undefined> {
  const response = await fetch(`${url}/api/ingesta/${pipeline}`, { method: 'POST' });
  const answer = (await response.json()) as { result?: Result };
  say(`${pipeline} answers ${response.status}:`);
  console.log(JSON.stringify(answer, null, 2));
  return answer.result;
}
