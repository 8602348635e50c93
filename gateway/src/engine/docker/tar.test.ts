import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { firstFile } from './tar.ts';

describe('firstFile', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'esclusa-tar-'));
    writeFileSync(join(folder, 'job.json'), '{"name":"ñ"}');
    writeFileSync(join(folder, 'empty'), '');
    mkdirSync(join(folder, 'folder'));
    symlinkSync('job.json', join(folder, 'link'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const tar = (format: string, ...names: string[]): Buffer => execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', '-', ...names]);

  test.each(['ustar', 'gnu', 'pax'])('reads the file that %s wrote', (format) => {
    expect(firstFile(tar(format, 'job.json'))?.toString()).toBe('{"name":"ñ"}');
    expect(firstFile(tar(format, 'folder', 'empty', 'job.json'))?.toString()).toBe('');
  });

  test('finds none in a folder, a link, a cut archive or something else', () => {
    expect(firstFile(tar('gnu', 'folder', 'link'))).toBeUndefined();
    expect(firstFile(tar('gnu', 'job.json').subarray(0, 515))).toBeUndefined();
    expect(firstFile(Buffer.alloc(1024, 'x'))).toBeUndefined();
    expect(firstFile(Buffer.alloc(0))).toBeUndefined();
  });
});
