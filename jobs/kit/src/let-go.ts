import type { Buffer } from 'node:buffer';

/** Frees the memory of bytes that the socket gave and nobody needs: there are few objects here, so the garbage collector comes late, and tens of megabytes would wait for it. */
export function letGo({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
