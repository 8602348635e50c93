import { parseArgs } from 'node:util';
import { measureStartRatio } from './start-ratio.ts';

const HELP = `npm run bench:post: from POST to the answer of an empty job, against "docker run --rm" of the same image by hand.

Usage: npm run bench:post [-- options]
  --rounds N     of each, in turn (30); three more before them are thrown away
  --image NAME   the gateway's image, not to be built (esclusa-gateway:latest is, by default)
  --prefix NAME  first part of the job's image, not to be built (pharmavida-ingesta)
  --json         end with one line of JSON and nothing else on stdout
  --help         this text

The job is PostgreSQL's on a table without rows. Prints medians, their ratio, the calls on S3 of one run by name, and when each point
of the run's timeline came.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    image: { type: 'string' },
    prefix: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else {
  try {
    const { rounds, image, prefix, json } = values;
    const result = await measureStartRatio({ rounds: Number(rounds), image, prefix });
    if (!json) {
      console.log(`POST to answer       ${result.post_ms} ms`);
      console.log(`docker run --rm      ${result.docker_run_ms} ms`);
      console.log(`ratio                ${result.ratio}`);
      console.log(`writes to S3         ${named(result.s3_writes)}`);
      console.log(`reads                ${named(result.s3_reads)}`);
      console.log(`timeline, ms         ${named(result.timeline_ms)}`);
    }
    console.log(JSON.stringify(result));
  } catch (error) {
    console.error(`bench:post: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

function named(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
