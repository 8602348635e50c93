import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { bounded } from './call.ts';
import { Demux, type StreamKind } from './demux.ts';
import { isUnreachable } from './failure.ts';

const TAIL_RECORDS = 100;

/** Opens a container's log from its first kept byte and follows it until the container ends; multiplexed like an attached stream. */
export async function openLog(container: Docker.Container, timeoutMs: number): Promise<Readable> {
  const open = (abortSignal: AbortSignal): Promise<NodeJS.ReadableStream> => container.logs({ follow: true, stdout: true, stderr: true, abortSignal });
  return (await bounded('logs', timeoutMs, open)) as Readable;
}

/** The last line of each stream in a container's log; none where it is empty, spoilt or can't be read. */
export async function lastLines(container: Docker.Container, timeoutMs: number): Promise<{ kind: StreamKind; line: string }[]> {
  const chunks: Record<StreamKind, Buffer[]> = { stdout: [], stderr: [] };
  try {
    // Without `follow` dockerode gives the body whole; a record has at most 16 KiB.
    const body = await bounded('logs', timeoutMs, (abortSignal) => container.logs({ stdout: true, stderr: true, tail: TAIL_RECORDS, abortSignal }));
    new Demux((kind, chunk) => chunks[kind].push(chunk)).write(Buffer.from(body));
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return [];
  }
  const kinds: StreamKind[] = ['stdout', 'stderr'];
  const lines = kinds.map((kind) => ({ kind, line: Buffer.concat(chunks[kind]).toString().trimEnd().split('\n').at(-1) ?? '' }));
  // What is no UTF-8, or was cut through a letter at a record's end, can't be compared with the bytes that were delivered.
  return lines.filter(({ line }) => line !== '' && !line.includes('\uFFFD'));
}
