import Docker from 'dockerode';

const docker = new Docker();

/** All that a container has written so far. */
export async function logOf(name: string): Promise<string> {
  return textOf(await docker.getContainer(name).logs({ stdout: true, stderr: true }));
}

/** The text of a log as Docker gives it: each piece behind eight bytes, the last four of which say how long it is. */
function textOf(log: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces).toString('utf8');
}
