const BLOCK = 512;

/** The first regular file of a tar archive; undefined when there is none. Reads what Docker's archive call answers, no more. */
export function firstFile(tar: Buffer): Buffer | undefined {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const type = String.fromCharCode(tar[at + 156] ?? 0);
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (Number.isNaN(size)) return undefined;
    const start = at + BLOCK;
    if (type === '0' || type === '\0') return start + size <= tar.length ? tar.subarray(start, start + size) : undefined;
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
