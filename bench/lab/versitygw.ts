import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isInstalled, type Log, run } from '../../scripts/setup/command.ts';

/** Version of the S3 server that the benchmark writes to. */
export const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
const FOLDER = new URL('../../.cache/versitygw/', import.meta.url).pathname;
const BUILD_MS = 600_000;

/** Path of a static versitygw, built once by Go out of the module proxy; or why there is none. */
export async function findVersitygw(log: Log): Promise<{ path: string } | { missing: string }> {
  const path = join(FOLDER, `versitygw-${VERSION}`);
  if (existsSync(path)) return { path };
  if (!isInstalled('go')) return { missing: 'versitygw is built by Go, which is not installed' };
  log(`building versitygw ${VERSION} (Go, about 90 s)`);
  const target = join(FOLDER, `build-${process.pid}`);
  await mkdir(target, { recursive: true });
  try {
    await run(['go', 'install', MODULE], { environment: { CGO_ENABLED: '0', GOBIN: target }, timeoutMs: BUILD_MS });
    await rename(join(target, 'versitygw'), path);
    return { path };
  } catch (error) {
    return { missing: `versitygw could not be built: ${(error as Error).message.split('\n').slice(0, 2).join(' ')}` };
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
