import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import asc from 'assemblyscript/asc';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Modules of AssemblyScript, and the file of TypeScript that carries each one compiled. */
export const MODULES: readonly { readonly source: string; readonly target: string }[] = [
  { source: 'jobs/kit/wasm/counter.ts', target: 'jobs/kit/src/csv/counter.wasm.ts' },
  { source: 'jobs/kit/wasm/separators.ts', target: 'jobs/kit/src/csv/separators.wasm.ts' },
  { source: 'jobs/mysql/wasm/rows.ts', target: 'jobs/mysql/src/wire/rows.wasm.ts' },
  { source: 'jobs/postgresql/wasm/rows.ts', target: 'jobs/postgresql/src/rows.wasm.ts' },
];

/** Compiles a module; resolves with the text of the file that carries it. The same source always gives the same text. */
export async function compile(source: string): Promise<string> {
  const out = basename(source).replace(/\.ts$/, '.wasm');
  let wasm: Uint8Array | undefined;
  const options = ['--outFile', out, '--baseDir', ROOT, '--optimizeLevel', '3', '--shrinkLevel', '0', '--runtime', 'stub', '--enable', 'simd', '--noAssert'];
  let said = '';
  const { error } = await asc.main([source, ...options], {
    stderr: {
      write: (text) => {
        said += text;
        return true;
      },
    },
    writeFile: (name, content) => {
      if (name === out && typeof content !== 'string') wasm = content;
    },
  });
  if (error !== null || wasm === undefined || said.includes('WARNING')) throw new Error(`${source} does not compile: ${error?.message ?? ''}\n${said}`);
  const name = `${basename(source, '.ts').replaceAll('-', '_').toUpperCase()}_WASM`;
  return `/** Made of ${source} by \`npm run wasm\`; scripts/wasm/compile.test.ts holds it to its source. */\nexport const ${name} =\n  '${Buffer.from(wasm).toString('base64')}';\n`;
}

/** Compiles every module and writes what carries it. */
export async function compileAll(): Promise<void> {
  for (const { source, target } of MODULES) writeFileSync(join(ROOT, target), await compile(source));
}
