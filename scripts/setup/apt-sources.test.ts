import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { debianLines, readAptSources } from './apt-sources.ts';

const SIGNED = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';

describe("the host's apt sources", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'esclusa-apt-'));
    mkdirSync(join(folder, 'sources.list.d'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('give their mirror, updates and fixes in the deb822 format', () => {
    writeFileSync(
      join(folder, 'sources.list.d/debian.sources'),
      'Types: deb\n# URIs: http://snapshot.debian.org/x\nURIs: http://mirror.site/debian\nSuites: bookworm bookworm-updates\nComponents: main\n\n' +
        'Types: deb\nURIs: http://mirror.site/debian-security\nSuites: bookworm-security\nComponents: main\n\n' +
        'Types: deb\nEnabled: no\nURIs: http://off.site/debian\nSuites: bookworm\n',
    );
    const sources = readAptSources(folder);
    expect(debianLines('bookworm', sources)).toEqual([
      `deb ${SIGNED} http://mirror.site/debian bookworm main`,
      `deb ${SIGNED} http://mirror.site/debian bookworm-updates main`,
      `deb ${SIGNED} http://mirror.site/debian-security bookworm-security main`,
    ]);
    expect(debianLines('sid', sources)).toEqual([`deb ${SIGNED} http://mirror.site/debian sid main`]);
  });

  test('are read in the one-line format, options, comments and source lines aside', () => {
    writeFileSync(
      join(folder, 'sources.list'),
      '# deb http://no.site/debian bookworm main\ndeb [arch=amd64 signed-by=/x.gpg] https://mirror.site/debian/ bookworm main contrib # here\ndeb-src http://no.site/debian bookworm main\n',
    );
    expect(readAptSources(folder)).toEqual([{ uri: 'https://mirror.site/debian/', suite: 'bookworm', components: ['main', 'contrib'] }]);
  });

  test('fall back to Debian itself where the host names no mirror of it', () => {
    writeFileSync(join(folder, 'sources.list'), 'deb http://archive.ubuntu.com/ubuntu noble main\n');
    expect(debianLines('sid', readAptSources(folder))).toEqual([`deb ${SIGNED} http://deb.debian.org/debian sid main`]);
  });
});
