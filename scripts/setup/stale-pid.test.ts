import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clearStalePidFile } from './stale-pid.ts';

describe('a pid file', () => {
  let folder: string;
  let file: string;
  let socket: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'esclusa-pid-'));
    file = join(folder, 'docker.pid');
    socket = join(folder, 'docker.sock');
    writeFileSync(socket, '');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const process = (pid: number, program: string, state: string): void => {
    mkdirSync(join(folder, 'proc', String(pid)), { recursive: true });
    writeFileSync(join(folder, 'proc', String(pid), 'comm'), `${program}\n`);
    writeFileSync(join(folder, 'proc', String(pid), 'status'), `Name:\t${program}\nState:\t${state}\n`);
  };
  const clear = (): string => clearStalePidFile(file, 'dockerd', [socket], join(folder, 'proc'));

  test('that is not there is nothing to clear', () => {
    expect(clear()).toBe('none');
    expect(existsSync(socket)).toBe(true);
  });

  test('of a living daemon stays, and so does its socket', () => {
    writeFileSync(file, '42\n');
    process(42, 'dockerd', 'S (sleeping)');
    expect(clear()).toBe('alive');
    expect([existsSync(file), existsSync(socket)]).toEqual([true, true]);
  });

  test.each([
    ['whose process is gone', '42', () => undefined],
    ['whose number another program has now', '42', () => process(42, 'postgres', 'S (sleeping)')],
    ['of a daemon that is dead but not yet reaped', '42', () => process(42, 'dockerd', 'Z (zombie)')],
    ['cut short by a crash', '', () => undefined],
    ['with nonsense in it', '../1', () => undefined],
  ])('%s goes, with its socket', (_, content, before) => {
    writeFileSync(file, content);
    before();
    expect(clear()).toBe('stale');
    expect([existsSync(file), existsSync(socket)]).toEqual([false, false]);
  });
});
