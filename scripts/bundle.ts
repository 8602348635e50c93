import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle, writeBundle } from './build/bundle.ts';

const HELP = 'Usage: node scripts/bundle.ts FOLDER: bundles FOLDER/src/main.ts to FOLDER/dist/main.js, for "docker build FOLDER".';
const EX_USAGE = 64;

const [folder] = process.argv.slice(2);
if (folder === '--help') console.log(HELP);
else if (folder === undefined || !existsSync(join(folder, 'src/main.ts'))) {
  console.error(folder === undefined ? HELP : `no src/main.ts in ${folder}\n${HELP}`);
  process.exitCode = EX_USAGE;
} else {
  const bundled = await bundle(resolve(folder));
  writeBundle(resolve(folder), bundled);
  for (const [name, content] of bundled.files) console.log(`${join(folder, 'dist', name)}  ${(content.byteLength / 1024).toFixed(1)} KiB`);
}
