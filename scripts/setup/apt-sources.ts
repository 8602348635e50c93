import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One repository of Debian as apt knows it on this host. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

const DEBIAN_MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The binary repositories in sources.list and sources.list.d, in both of apt's formats. */
export function readAptSources(folder = '/etc/apt'): AptSource[] {
  const list = join(folder, 'sources.list');
  const parts = join(folder, 'sources.list.d');
  const files = [...(existsSync(list) ? [list] : []), ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [])];
  return files.flatMap((file) => {
    if (file.endsWith('.list')) return parseOneLine(readFileSync(file, 'utf8'));
    return file.endsWith('.sources') ? parseDeb822(readFileSync(file, 'utf8')) : [];
  });
}

/** Lines for mmdebstrap that give a suite of Debian with its updates and security fixes, from the mirrors that this host uses. */
export function debianLines(suite: string, sources: readonly AptSource[]): string[] {
  const debian = sources.filter(({ uri }) => /\/debian(-security)?\/?$/.test(uri));
  const of = debian.filter((source) => source.suite === suite || source.suite.startsWith(`${suite}-`));
  const mirror = debian.find(({ uri }) => !uri.includes('security'))?.uri ?? DEBIAN_MIRROR;
  const wanted = of.some((source) => source.suite === suite) ? of : [{ uri: mirror, suite, components: ['main'] }];
  return [...new Set(wanted.map(({ uri, suite: name }) => `deb [signed-by=${KEYRING}] ${uri} ${name} main`))];
}

function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    return match === null ? [] : [{ uri: match[1] ?? '', suite: match[2] ?? '', components: words(match[3]) }];
  });
}

function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let name = '';
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue;
      const field = /^(\S+?):(.*)$/.exec(line);
      if (field !== null) name = (field[1] ?? '').toLowerCase();
      const value = field === null ? line : (field[2] ?? '');
      if (name !== '') fields.set(name, `${fields.get(name) ?? ''} ${value}`);
    }
    if (!words(fields.get('types')).includes('deb') || words(fields.get('enabled'))[0] === 'no') return [];
    return words(fields.get('uris')).flatMap((uri) =>
      words(fields.get('suites')).map((suite) => ({ uri, suite, components: words(fields.get('components')) })),
    );
  });
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
