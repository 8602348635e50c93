import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Resource } from '@esclusa/contract';
import { fieldsOf, loadLine, ofFiles } from './load.ts';

/** A Python that has pandas: `ESCLUSA_TEST_PYTHON=venv/bin/python npm run test:e2e -- --testPathPatterns corpus`. No package of Debian is new enough, so that it is asked for. */
export const PYTHON = process.env['ESCLUSA_TEST_PYTHON'];

const SCRIPT = `
import sys, json, pandas
given = json.load(sys.stdin)
frame = eval(given['line'])
def spelt(value):
    if value is pandas.NA: return None
    if isinstance(value, str): return value
    if isinstance(value, bool) or getattr(value, 'dtype', None) == bool: return str(value).lower()
    # A float32 as the shortest text of its own, not as that of the equal double.
    return str(value)
json.dump([[spelt(value) for value in row] for row in zip(*[frame[name] for name in frame.columns])], sys.stdout)
`;

/** What pandas holds after the manifest's line, as text, NULL as null; undefined where no Python was named. */
export async function loadIntoPandas(resource: Resource, files: readonly string[]): Promise<(string | null)[][] | undefined> {
  if (PYTHON === undefined) return undefined;
  const line = ofFiles(loadLine(resource, 'pandas'), resource, files);
  const running = promisify(execFile)(PYTHON, ['-c', SCRIPT], { maxBuffer: 1 << 30 });
  running.child.stdin?.end(JSON.stringify({ line }));
  return JSON.parse((await running).stdout) as (string | null)[][];
}

/** Records as pandas can tell them: in a column of text where values read like NULL, both are such texts (docs/manifest.md). */
export function asPandasTells(resource: Resource, records: readonly (readonly (string | null)[])[]): (string | null)[][] {
  const nullText = (resource['dialect'] as { nullSequence?: string }).nullSequence ?? '';
  const untold = fieldsOf(resource).map((field) => {
    const { emptyStrings, tokens = emptyStrings } = field['counts'] as { emptyStrings: number; tokens?: number };
    return !['integer', 'number', 'boolean'].includes(field.type) && tokens > 0;
  });
  return records.map((record) => record.map((value, index) => (value === null && untold[index] === true ? nullText : value)));
}
