const MAX_PAYLOAD = 0xffffff;

/** A value as the text protocol writes it, a length-encoded string. */
export function encoded(value: Buffer | null): Buffer {
  if (value === null) return Buffer.from([0xfb]);
  const { length } = value;
  if (length < 251) return Buffer.concat([Buffer.from([length]), value]);
  const head = Buffer.alloc(length < 65_536 ? 3 : length < 16_777_216 ? 4 : 9);
  head[0] = head.length === 3 ? 0xfc : head.length === 4 ? 0xfd : 0xfe;
  head.writeUIntLE(length, 1, Math.min(head.length - 1, 6));
  return Buffer.concat([head, value]);
}

/** Payloads with their headers, as they are on the wire: one of 16 MiB and more is several packets. */
export function packets(payloads: readonly Buffer[], firstSequenceId = 0): Buffer {
  let sequenceId = firstSequenceId;
  const pieces: Buffer[] = [];
  for (const payload of payloads) {
    for (let at = 0; at <= payload.length; at += MAX_PAYLOAD) {
      const piece = payload.subarray(at, at + MAX_PAYLOAD);
      const header = Buffer.alloc(4);
      header.writeUIntLE(piece.length, 0, 3);
      header[3] = sequenceId++ % 256;
      pieces.push(header, piece);
    }
  }
  return Buffer.concat(pieces);
}

/** A row's payload. */
export function rowPayload(values: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat(values.map(encoded));
}
