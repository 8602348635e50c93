import type { Socket } from 'node:net';
import { Listener, messages } from './listener.ts';

/** Stages at which a hostile server stops being an ordinary one. */
export type PostgresStage = 'tls' | 'startup' | 'pin' | 'server' | 'fields' | 'types' | 'rows';
/** Its deeds there, in place of the ordinary answer; `sent` holds the client's bytes. */
export type PostgresLies = Partial<Record<PostgresStage, (socket: Socket, sent: Buffer) => void>>;

/** A message of the protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
export function message(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const int16 = (value: number): Buffer => int32(value).subarray(2);

/** The columns of a result, all of them texts. */
export const fields = (...names: string[]): Buffer =>
  message('T', int16(names.length), ...names.flatMap((name) => [name, int32(0), int16(0), int32(25), int16(0xffff), int32(0xffffffff), int16(0)]));
/** A row of texts. */
export const row = (...values: string[]): Buffer =>
  message('D', int16(values.length), ...values.map((value) => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)])));
export const done = (tag: string): Buffer => message('C', tag);
export const ready = message('Z', Buffer.from('T'));
export const error = (text: string, code = 'XX000'): Buffer => message('E', 'SERROR', `C${code}`, `M${text}`, Buffer.from([0]));
export const authOk = message('R', int32(0));
const welcome = Buffer.concat([authOk, message('S', 'server_version', '17.0'), message('K', int32(1), int32(2)), ready]);

const SERVER = ['version', 'number', 'database', 'taken_at', 'snapshot', 'recovery', 'lsn'];

/** An ordinary server with one column `a` and one row, but for its lies. */
export function hostilePostgres(lies: PostgresLies): Promise<Listener> {
  return Listener.start((socket) => {
    let started = false;
    let parsed = '';
    let described = false;
    const answer = (stage: PostgresStage, sent: Buffer, usual: () => Buffer): void => {
      const lie = lies[stage];
      if (lie === undefined) socket.write(usual());
      else lie(socket, sent);
    };
    const lengthOf = (bytes: Buffer): number | undefined => {
      if (!started) return bytes.length < 4 ? undefined : bytes.readUInt32BE(0);
      return bytes.length < 5 ? undefined : 1 + bytes.readUInt32BE(1);
    };
    messages(socket, lengthOf, (sent) => {
      if (!started) {
        if (sent.length === 8) return answer('tls', sent, () => Buffer.from('N'));
        started = true;
        return answer('startup', sent, () => welcome);
      }
      const type = String.fromCharCode(sent[0] ?? 0);
      const text = sent.subarray(5).toString();
      if (type === 'p') return answer('startup', sent, () => welcome);
      if (type === 'P') [parsed, described] = [text, false];
      if (type === 'D') described = true;
      if (type === 'Q') return simple(text, sent);
      if (type !== 'S') return undefined;
      const head = [message('1'), message('2')];
      if (parsed.includes('format_type')) {
        const names = ['name', 'type', 'base', 'builtin'];
        return answer('types', sent, () => Buffer.concat([...head, fields(...names), row('a', 'text', 'text', 't'), done('SELECT 1'), ready]));
      }
      if (described) return socket.write(Buffer.concat([...head, fields('x'), done('SELECT 0'), ready]));
      return answer('rows', sent, () => Buffer.concat([...head, row('uno'), done('SELECT 1'), ready]));
    });
    const simple = (sql: string, sent: Buffer): unknown => {
      if (sql.startsWith('set client_encoding')) return answer('pin', sent, () => Buffer.concat([done('SET'), ready]));
      if (sql.includes('as lsn')) {
        const values = ['17.0', '170000', 'd', '2025-01-01T00:00:00Z', '1:1:', 'f', '0/0'];
        return answer('server', sent, () => Buffer.concat([fields(...SERVER), row(...values), done('SELECT 1'), ready]));
      }
      if (sql.startsWith('select * from')) return answer('fields', sent, () => Buffer.concat([fields('a'), done('SELECT 0'), ready]));
      return socket.write(sql.startsWith('select') ? Buffer.concat([fields('x'), done('SELECT 0'), ready]) : Buffer.concat([done('SET'), ready]));
    };
  });
}
