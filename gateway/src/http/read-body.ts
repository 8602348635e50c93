import type { IncomingMessage } from 'node:http';
import { TextDecoder, promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { RequestHandler } from 'express';
import { GatewayError } from '../errors.ts';
import { BOUNDS } from './bounds.ts';

const DECODERS = new Map<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);
const LIMIT = BOUNDS.bodyBytes;

/** Reads the body as text into `request.body`, whatever its content type: `curl -d` calls everything a form. Refuses without reading on. */
export const readBody: RequestHandler = async (request, response, next) => {
  // For a caller that was told so and may choose another one.
  const decode = decoderOf(request, (accepted) => response.set('Accept-Encoding', accepted));
  const charset = charsetOf(request.headers['content-type'] ?? '');
  const decoder = textDecoder(charset);
  const bytes = await bytesOf(request);
  if (bytes === undefined) return;
  request.body = text(decoder, charset, await decode(bytes));
  next();
};

/** Most bytes that a request may have read for its body; none of one that is refused by what it declares. */
export function declaredBytes(request: IncomingMessage): number {
  if (request.headers['transfer-encoding'] !== undefined) return LIMIT;
  return declaresTooMuch(request) ? 0 : Number(request.headers['content-length'] ?? 0) || 0;
}

/** Returns true if a request declares a body longer than the longest that is read. */
export function declaresTooMuch({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > LIMIT;
}

/** The bytes as they come; undefined when the caller went. Rejects as soon as there are too many. */
async function bytesOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (declaresTooMuch(request)) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const stop = (): void => void request.off('data', take).off('end', end).off('close', gone).off('error', gone);
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= LIMIT) return void chunks.push(chunk);
      stop();
      request.pause();
      reject(tooLarge());
    };
    const end = (): void => {
      stop();
      resolve(Buffer.concat(chunks));
    };
    const gone = (): void => {
      stop();
      resolve(undefined);
    };
    request.on('data', take).once('end', end).once('close', gone).once('error', gone);
  });
}

function decoderOf({ headers }: IncomingMessage, tell: (accepted: string) => void): (bytes: Buffer) => Promise<Buffer> {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return async (bytes) => bytes;
  const decode = DECODERS.get(encoding);
  if (decode === undefined) {
    tell('gzip, deflate, br');
    throw unsupported('Content-Encoding', `"${printable(encoding)}" is no encoding that is understood; send the body as it is, or by gzip, deflate or br`);
  }
  return async (bytes) => {
    if (bytes.length === 0) return bytes;
    try {
      return await decode(bytes, { maxOutputLength: LIMIT });
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
      const message = `the body can't be read: it is not what Content-Encoding says, ${encoding} (${(cause as Error).message}); leave the header out to send it as it is`;
      throw new GatewayError('BODY_INVALID', message, { cause, details: { field: 'Content-Encoding' } });
    }
  };
}

function charsetOf(contentType: string): string {
  const parameters = contentType.split(';').slice(1);
  const charset = parameters.map((one) => one.trim()).find((one) => one.toLowerCase().startsWith('charset='));
  return charset === undefined ? 'utf-8' : charset.slice('charset='.length).replaceAll('"', '').trim();
}

function textDecoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw unsupported('Content-Type', `"${printable(charset)}" is no charset that is understood; send UTF-8`);
  }
}

function text(decoder: TextDecoder, charset: string, bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new GatewayError('BODY_INVALID', `the body can't be read: it holds bytes that are no text in ${printable(charset)}; send UTF-8`, { cause });
  }
}

function tooLarge(): GatewayError {
  return new GatewayError('BODY_TOO_LARGE', `the body is too large: at most ${LIMIT} bytes are taken, also once it is unpacked`);
}

function unsupported(field: string, message: string): GatewayError {
  return new GatewayError('MEDIA_TYPE_UNSUPPORTED', message, { details: { field } });
}

function printable(word: string): string {
  return word.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?');
}
