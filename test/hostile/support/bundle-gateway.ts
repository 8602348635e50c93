import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from '../../../scripts/build/bundle.ts';

// Bundles the gateway into the folder that is given, as its image has it: node test/hostile/support/bundle-gateway.ts FOLDER
const [folder = ''] = process.argv.slice(2);
const { files } = await bundle(new URL('../../../gateway', import.meta.url).pathname);
for (const [name, content] of files) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
