import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** No pipeline comes near it. */
export const MAX_PIPELINE_BYTES = 512 * 1024;

/** The text of a pipeline's file, or a sentence that says why it can't be read. Never waits for what is no file. */
export async function readPipelineFile(path: string): Promise<{ readonly text: string } | { readonly problem: string }> {
  let file: FileHandle | undefined;
  try {
    // A FIFO would wait for whoever writes.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { problem: `it is ${stats.isDirectory() ? 'a folder' : 'no regular file'}; move it elsewhere, or give it another ending` };
    // An extra byte reveals a file that grows while it is read.
    const bytes = Buffer.alloc(Math.min(stats.size, MAX_PIPELINE_BYTES) + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > MAX_PIPELINE_BYTES) return { problem: `it has more than ${MAX_PIPELINE_BYTES} bytes, which is the bound of a pipeline file` };
    return { text: bytes.toString('utf8', 0, length) };
  } catch (error) {
    return { problem: `it can't be read (${(error as Error).message}); ${mendOf((error as NodeJS.ErrnoException).code)}` };
  } finally {
    await file?.close().catch(() => {});
  }
}

function mendOf(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'a link that leads nowhere has to be mended or removed';
    case 'ELOOP':
      return 'a link that leads to itself has to be removed';
    case 'EACCES':
    case 'EPERM':
      return "let the gateway's user read it";
    case 'ENXIO':
      return 'a socket is no pipeline: move it elsewhere';
    default:
      return 'remove it, or let it be read';
  }
}
