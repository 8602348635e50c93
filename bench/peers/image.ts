import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, run } from '../../scripts/setup/command.ts';
import { type ImageName, ensureImage } from '../../scripts/setup/images.ts';

/** An image in which a server's own client and rclone stand side by side, so that a pipe of the two is one container. */
export async function clientImage(server: ImageName, log: Log): Promise<string> {
  const [client, uploader] = [await ensureImage(server, log), await ensureImage('peers', log)];
  const tag = `esclusa-peer-${server}`;
  const context = await mkdtemp(join(tmpdir(), 'esclusa-bench-'));
  try {
    await writeFile(join(context, 'Dockerfile'), `FROM ${client}\nCOPY --from=${uploader} /usr/bin/rclone /usr/bin/rclone\n`);
    await run(['docker', 'build', '--quiet', '--tag', tag, context]);
    return tag;
  } finally {
    await rm(context, { recursive: true });
  }
}
