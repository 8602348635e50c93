import { parseArgs } from 'node:util';
import { fuzz } from './fuzz/fuzz.ts';

const USAGE = 'node test/hostile/fuzz.ts <url> [--requests 5000] [--seed N] [--key K] [--pid P]   (on loopback; few requests are such that they are taken)';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: 'string', default: '5000' }, seed: { type: 'string' }, key: { type: 'string' }, pid: { type: 'string' } },
});
const [url] = positionals;
if (url === undefined) {
  console.error(USAGE);
  process.exit(64);
}
const report = await fuzz({
  url: url.replace(/\/$/, ''),
  requests: Number(values.requests),
  seed: values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed),
  key: values.key,
  pid: values.pid === undefined ? undefined : Number(values.pid),
});
const { faults, ...rest } = report;
console.log(JSON.stringify(rest, undefined, 2));
for (const fault of faults) console.log(fault);
console.log(faults.length === 0 ? 'no fault' : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
