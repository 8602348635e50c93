import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundle } from './bundle.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'esclusa-lean-')), 'gateway');
});
afterEach(() => rmSync(dirname(folder), { recursive: true }));

/** What a program prints as JSON once it is bundled. */
async function printed(program: string): Promise<unknown> {
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'src/main.ts'), program);
  const { files } = await bundle(folder);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return JSON.parse(execFileSync(process.execPath, [join(folder, 'main.js')], { encoding: 'utf8' }));
}

describe("the gateway's bundle", () => {
  test('loads TLS only when it is used, and no second HTTP client; both ways of importing work', async () => {
    const program = `
      import http, { createServer } from 'node:http';
      import * as https from 'node:https';
      const loaded = (name) => process.moduleLoadList.includes('NativeModule ' + name);
      const before = { https: loaded('https'), http2: loaded('http2'), undici: loaded('internal/deps/undici/undici'), server: typeof createServer, same: http.createServer === createServer };
      const agent = new https.Agent({ keepAlive: true });
      const lazy = await import('node:tls');
      console.log(JSON.stringify({ before, agent: agent instanceof http.Agent, tls: typeof lazy.connect, https: loaded('https') }));`;
    expect(await printed(program)).toEqual({
      before: { https: false, http2: false, undici: false, server: 'function', same: true },
      agent: true,
      tls: 'function',
      https: true,
    });
  });

  test('gives a child of a module that is put off properties of its own, and leaves the module as it is', async () => {
    const program = `
      import http from 'node:http';
      const child = Object.create(http);
      child.request = 'own';
      console.log(JSON.stringify([child.request, typeof http.request, http.METHODS.includes('POST')]));`;
    expect(await printed(program)).toEqual(['own', 'function', true]);
  });
});
