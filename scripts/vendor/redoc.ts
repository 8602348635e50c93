import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HELP = `Usage: node scripts/vendor/redoc.ts VERSION: takes ReDoc's browser bundle of that version from the npm registry into gateway/assets/vendor.

As a dependency it would bring 115 packages of which nothing is used but this one file; docs/decisions.md says more.`;
const EX_USAGE = 64;
const TARGET = new URL('../../gateway/assets/vendor/', import.meta.url).pathname;
// ReDoc shows its maker's logo from a server of theirs; the link beside it stays.
const LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
const NO_IMAGE = 'data:,';

const [version] = process.argv.slice(2);
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
  console.error(HELP);
  process.exitCode = EX_USAGE;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'redoc-'));
  try {
    execFileSync('npm', ['pack', `redoc@${version}`, '--silent', '--pack-destination', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('tar', ['xzf', `redoc-${version}.tgz`], { cwd: folder });
    const read = (file: string): string => readFileSync(join(folder, 'package', file), 'utf8');
    const bundle = read('bundles/redoc.standalone.js');
    if (!bundle.includes(LOGO)) throw new Error(`redoc ${version} has no ${LOGO}: see where it takes its logo from now, nothing may be fetched from elsewhere`);
    // The map it points at is not taken along.
    writeFileSync(join(TARGET, 'redoc.standalone.js'), bundle.replaceAll(LOGO, NO_IMAGE).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'));
    const head = `ReDoc ${version} (https://github.com/Redocly/redoc), npm package "redoc", bundles/redoc.standalone.js, by scripts/vendor/redoc.ts\n\n`;
    writeFileSync(join(TARGET, 'redoc.LICENSE.txt'), `${head}${read('LICENSE')}\n${read('bundles/redoc.standalone.js.LICENSE.txt')}`);
    console.log(`gateway/assets/vendor/redoc.standalone.js is that of redoc ${version}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
