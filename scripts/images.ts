import { parseArgs } from 'node:util';

import { ensureDocker } from './setup/docker.ts';
import { ensureImage, IMAGE_NAMES } from './setup/images.ts';

const HELP = `Makes sure of the images that the project stands on, and prints their names as lines for .env.

Usage: npm run images [-- ${IMAGE_NAMES.join('|')} ...]   (without a name: all)`;
const EX_USAGE = 64;

const log = (line: string): void => console.error(line);

const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !IMAGE_NAMES.some((known) => known === name));
if (values.help === true) console.log(HELP);
else if (unknown.length > 0) {
  console.error(`no image named ${unknown.join(', ')}; there are: ${IMAGE_NAMES.join(', ')}`);
  process.exitCode = EX_USAGE;
} else {
  try {
    await ensureDocker(log);
    const wanted = IMAGE_NAMES.filter((name) => positionals.length === 0 || positionals.includes(name));
    const images = await Promise.all(wanted.map(async (name) => [name, await ensureImage(name, log)] as const));
    for (const [name, image] of images) console.log(`ESCLUSA_${name.toUpperCase()}_IMAGE=${image}`);
  } catch (error) {
    console.error(`images: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
