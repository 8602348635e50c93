import { Buffer } from 'node:buffer';

/** A message of the protocol, as https://www.postgresql.org/docs/current/protocol-message-formats.html has them. */
export function message(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** A row, its values as text or as bytes. */
export function dataRow(row: readonly (string | Buffer | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(row.length);
  const values = row.flatMap((value) => {
    const length = Buffer.alloc(4);
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value ?? '');
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return [length, bytes];
  });
  return message('D', Buffer.concat([count, ...values]));
}
