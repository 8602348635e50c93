import { parseArgs } from 'node:util';
import { measureGateway } from './gateway-load.ts';

const HELP = `npm run bench:gateway: the gateway's memory at rest, and how it bears many POSTs at once.

Usage: npm run bench:gateway [-- options]
  --posts N     POSTs at once (1000); half of them wait for the end of their run
  --slots N     runs that may have a container at once (4)
  --wait N      seconds that the gateway lets a POST wait before it answers 202 (300)
  --image NAME  the gateway's image, not to be built (esclusa-gateway:latest is, by default)
  --json        end with one line of JSON and nothing else on stdout
  --help        this text

The gateway is its image on a real S3 and Docker, its jobs are containers that do nothing. Memory is what "docker stats" shows,
looked at every second; delays of the event loop are those of perf_hooks, which the gateway logs at LOG_LEVEL=debug, each of them
with the 10 ms in it that lie between two looks.`;

const MiB = 1.048576;

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '4' },
    wait: { type: 'string', default: '300' },
    image: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else {
  try {
    const { posts, slots, wait, image, json } = values;
    const result = await measureGateway({ posts: Number(posts), slots: Number(slots), waitSeconds: Number(wait), image });
    if (!json) {
      const { gateway_idle_mb: idle, gateway_idle_10s_mb: first, gateway_peak_mb: peak, statuses, seconds, ended } = result;
      console.log(`at rest for 10 s    ${both(first)}; for a minute ${both(idle)}`);
      console.log(`${posts} POSTs          answered ${JSON.stringify(statuses)} within ${seconds} s, in which ${ended} runs ended`);
      console.log(`at its peak         ${both(peak)}`);
      console.log(`event loop, delays  ${JSON.stringify(result.loop_delay_ms)} ms`);
    }
    console.log(JSON.stringify(result));
  } catch (error) {
    console.error(`bench:gateway: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

function both(mb: number): string {
  return `${mb} MB (${(mb / MiB).toFixed(1)} MiB)`;
}
