import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, run } from '../../scripts/setup/command.ts';
import { ensureImage } from '../../scripts/setup/images.ts';
import { KEYS, LOGIN } from '../lab/names.ts';
import { type Peer, pathOf } from './peer.ts';

const CACHE = new URL('../../.cache/bench-python/', import.meta.url).pathname;
const SCRIPTS = new URL('./python/', import.meta.url).pathname;
const INSTALL_MS = 300_000;
/** Of the Python in the peers' image, and of the system's libraries there, whatever the host has. */
const TARGET = [
  '--only-binary=:all:',
  '--python-version',
  '3.11',
  '--implementation',
  'cp',
  ...['manylinux2014', 'manylinux_2_17', 'manylinux_2_28'].flatMap((kind) => ['--platform', `${kind}_${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}`]),
];

/** A tool of PyPI, with the program that uses it. */
interface Tool {
  readonly name: string;
  readonly folder: string;
  readonly packages: readonly string[];
  readonly script: string;
}

const TOOLS: readonly Tool[] = [
  { name: 'chDB (s3 ← postgresql/mysql)', folder: 'chdb-4.4.0', packages: ['chdb==4.4.0'], script: 'chdb_copy.py' },
  { name: 'ConnectorX → pyarrow', folder: 'connectorx-0.4.6', packages: ['connectorx==0.4.6', 'pyarrow==26.0.1'], script: 'connectorx_copy.py' },
];

/** Tools that were looked at and can't be had by a package registry alone, with the reason. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  Sling: 'its package (sling 1.6.5 on PyPI) holds no program: that is downloaded from GitHub at the first use',
};

/** Which server the tools read from. */
export interface ToolSource {
  readonly kind: 'postgresql' | 'mysql';
  readonly host: string;
  readonly port: number;
}

/** The tools of PyPI that can be installed, into .cache, and those that can't with the reason. */
export async function pythonPeers({ kind, host, port }: ToolSource, log: Log): Promise<{ peers: Peer[]; missing: Record<string, string> }> {
  const image = await ensureImage('peers', log);
  const peers: Peer[] = [];
  const missing: Record<string, string> = { ...UNAVAILABLE };
  for (const tool of TOOLS) {
    try {
      const installed = await install(tool, log);
      peers.push({
        name: tool.name,
        image,
        binds: [`${installed}:/opt/python:ro`, `${join(SCRIPTS, tool.script)}:/peer.py:ro`],
        script: () => 'python3.11 /peer.py',
        environment: (copy) => ({
          SOURCE: kind,
          HOST: host,
          DB_PORT: String(port),
          DB_USER: LOGIN.user,
          DB_PASSWORD: LOGIN.password,
          DATABASE: LOGIN.database,
          TABLE: copy.table.name,
          FORMAT: copy.format ?? 'csv',
          ENDPOINT: copy.endpoint,
          OBJECT: pathOf(copy),
          ACCESS_KEY: KEYS.accessKeyId,
          SECRET_KEY: KEYS.secretAccessKey,
          AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
        }),
      });
    } catch (error) {
      missing[tool.name] = `pip could not install it: ${(error as Error).message.split('\n').at(-1)?.slice(0, 200)}`;
    }
  }
  return { peers, missing };
}

async function install({ folder, packages }: Tool, log: Log): Promise<string> {
  const path = join(CACHE, folder);
  if (existsSync(path)) return path;
  log(`installing ${packages.join(', ')} (pip)`);
  const target = `${path}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await run(['python3', '-m', 'pip', 'install', '--quiet', '--no-compile', ...TARGET, '--target', target, ...packages], { timeoutMs: INSTALL_MS });
    await rename(target, path);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
  return path;
}
