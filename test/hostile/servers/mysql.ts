import type { Socket } from 'node:net';
import { Listener, messages } from './listener.ts';

/** Stages at which a hostile server stops being an ordinary one. */
export type MysqlStage = 'greeting' | 'login' | 'pin' | 'server' | 'fields' | 'rows';
/** Its deeds there, in place of the ordinary answer. */
export type MysqlLies = Partial<Record<MysqlStage, (socket: Socket, sequence: number, sent: Buffer) => void>>;

/** A packet, with its number. */
export function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence & 0xff;
  return Buffer.concat([head, payload]);
}

/** Packets with consecutive numbers, from this one on. */
export function packets(sequence: number, ...payloads: readonly Buffer[]): Buffer {
  return Buffer.concat(payloads.map((payload, n) => packet(sequence + n, payload)));
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  if (bytes.length < 0xfb) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const head = Buffer.alloc(4, 0xfd);
  head.writeUIntLE(bytes.length, 1, 3);
  return Buffer.concat([head, bytes]);
};
export const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
export const eof = Buffer.from([0xfe, 0, 0, 2, 0]);
export const error = (message: string, errno = 1105, state = 'HY000'): Buffer =>
  Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#${state}${message}`)]);
/** Definition of a column of text. */
export const column = (name: string): Buffer =>
  Buffer.concat([text('def'), text('d'), text('t'), text('t'), text(name), text(name), Buffer.from([0x0c, 45, 0, 0, 1, 0, 0, 253, 0, 0, 0, 0, 0])]);
export const row = (...values: string[]): Buffer => Buffer.concat(values.map(text));

/** A result of texts, in packets from this number on. */
export function result(sequence: number, names: readonly string[], ...rows: (readonly string[])[]): Buffer {
  return packets(sequence, Buffer.from([names.length]), ...names.map(column), eof, ...rows.map((values) => row(...values)), eof);
}

// PROTOCOL_41, secure connection, plugin auth, transactions; no TLS.
const CAPABILITIES = 0x0008_a20f & ~0x800;
/** The first packet, which asks for this way of logging in. */
export const greeting = (plugin = 'mysql_native_password'): Buffer => {
  const capabilities = Buffer.alloc(4);
  capabilities.writeUInt32LE(CAPABILITIES);
  return packet(
    0,
    Buffer.concat([
      Buffer.from([10]),
      Buffer.from('9.0.0-hostile\0'),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from('12345678\0'),
      capabilities.subarray(0, 2),
      Buffer.from([45, 2, 0]),
      capabilities.subarray(2),
      Buffer.from([21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0'),
      Buffer.from(`${plugin}\0`),
    ]),
  );
};

/** An ordinary server with one column `a` and one row, but for its lies. */
export function hostileMysql(lies: MysqlLies): Promise<Listener> {
  return Listener.start((socket) => {
    const answer = (stage: MysqlStage, sequence: number, sent: Buffer, usual: () => Buffer): void => {
      const lie = lies[stage];
      if (lie === undefined) socket.write(usual());
      else lie(socket, sequence, sent);
    };
    let loggedIn = false;
    answer('greeting', 0, Buffer.alloc(0), greeting);
    messages(
      socket,
      (bytes) => (bytes.length < 4 ? undefined : 4 + bytes.readUIntLE(0, 3)),
      (sent) => {
        const next = (sent[3] ?? 0) + 1;
        if (!loggedIn) {
          loggedIn = true;
          return answer('login', next, sent, () => packet(next, ok));
        }
        if (sent[4] !== 3) return void socket.end();
        const sql = sent.subarray(5).toString();
        if (sql.startsWith('set names')) return answer('pin', next, sent, () => packet(next, ok));
        if (sql.includes('gtid_executed')) return void socket.write(packet(next, error('Unknown system variable', 1193)));
        if (sql.includes('as taken_at')) {
          return answer('server', next, sent, () => result(next, ['version', 'comment', 'taken_at'], ['9.0.0', 'x', '2025-01-01T00:00:00Z']));
        }
        if (sql.startsWith('select * from')) return answer('fields', next, sent, () => result(next, ['a']));
        if (sql.startsWith('select charset(')) return void socket.write(result(next, ['0'], ['utf8mb4']));
        if (sql.startsWith('/*')) return answer('rows', next, sent, () => result(next, ['a'], ['uno']));
        if (/^(select|show)/.test(sql)) return void socket.write(result(next, ['x']));
        socket.write(packet(next, ok));
      },
    );
  });
}
