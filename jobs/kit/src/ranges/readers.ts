/** Most readers that a dataset may ask for: each is a connection, and needs room of its own in memory. */
export const MAX_READERS = 8;
/** Up to this size a table is read by one reader unless it is asked for more: another connection would cost more than it gains. */
export const READ_ALONE_BYTES = 64 * 1024 * 1024;
const READERS_BY_DEFAULT = 2;

/** How many readers a table of this size should have. */
export function readersWanted(asked: number | undefined, bytes: number): number {
  return asked ?? (bytes > READ_ALONE_BYTES ? READERS_BY_DEFAULT : 1);
}
