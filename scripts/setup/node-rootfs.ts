import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { isInstalled, run } from './command.ts';

const BINARY = new URL(`../../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url).pathname;
/** User that every job and the gateway run as. */
const USER = 'esclusa:x:65532:65532:Esclusa:/tmp:/sbin/nologin';
/** glibc older than 2.34 loads these by name for name look-ups; newer ones have them built in. */
const LOADED_BY_NAME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** What the base image is made of on this host: Node's binary and the libraries that it loads. */
export interface NodeParts {
  readonly binary: string;
  /** Real files by the path where the loader looks for them. */
  readonly libraries: ReadonlyMap<string, string>;
  /** Says whether two hosts would make the same image. */
  readonly ingredients: readonly string[];
}

/** Finds Node for the containers and its libraries; throws where this host cannot give them. */
export async function findNodeParts(): Promise<NodeParts> {
  if (process.platform !== 'linux' || !existsSync(BINARY)) {
    throw new Error(
      `no Node for Linux/${process.arch} in node_modules to make a base image of: run scripts/bootstrap.sh on Linux x64 or arm64, or set ESCLUSA_BASE_IMAGE`,
    );
  }
  const lines = (await run(['ldd', BINARY])).split('\n');
  const libraries = new Map<string, string>();
  for (const line of lines) {
    const path = /(?:=>\s*|^\s*)(\/\S+) \(0x/.exec(line)?.[1];
    if (path !== undefined) libraries.set(path, realpathSync(path));
  }
  const libc = [...libraries.keys()].find((path) => path.endsWith('/libc.so.6'));
  if (libc === undefined) throw new Error(`the Node in ${BINARY} needs glibc, which this host has not: set ESCLUSA_BASE_IMAGE`);
  for (const name of LOADED_BY_NAME) {
    const path = join(dirname(libc), name);
    if (existsSync(path)) libraries.set(path, realpathSync(path));
  }
  const hash = createHash('sha256');
  for (const [path, file] of [...libraries].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(path).update(readFileSync(file));
  return { binary: BINARY, libraries, ingredients: [process.arch, process.versions.node, hash.digest('hex'), String(isInstalled('strip'))] };
}

/** Lays out the root file system of the base image in a folder. */
export async function layOutNode(parts: NodeParts, root: string): Promise<void> {
  for (const folder of ['usr/local/bin', 'etc/ssl/certs', 'tmp', 'proc', 'sys', 'dev', 'run']) mkdirSync(join(root, folder), { recursive: true });
  const node = join(root, 'usr/local/bin/node');
  // Only the symbol table goes: what add-ons link with is in the dynamic one. 18 MB less.
  if (isInstalled('strip')) await run(['strip', '--strip-unneeded', '-o', node, parts.binary]);
  else copyFileSync(parts.binary, node);
  chmodSync(node, 0o755);
  for (const [path, file] of parts.libraries) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(file, join(root, path));
    chmodSync(join(root, path), 0o755);
  }
  const files: Record<string, string> = {
    'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\n${USER}\n`,
    'etc/group': 'root:x:0:\nesclusa:x:65532:\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    // Mozilla's list as Node carries it: this host's own list may hold a site's private authorities, which no image should spread.
    'etc/ssl/certs/ca-certificates.crt': `${rootCertificates.join('\n')}\n`,
  };
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
  chmodSync(join(root, 'tmp'), 0o1777);
}
