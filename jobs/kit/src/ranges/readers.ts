/** Most readers that a dataset may ask for: each is a connection, and needs room of its own in memory. */
export const MAX_READERS = 8;
/** Up to this size a table is read by one reader unless it is asked for more: another connection would cost more than it gains. */
export const READ_ALONE_BYTES = 64 * 1024 * 1024;
const READERS_BY_DEFAULT = 2;

/** How many readers a table of this size should have. */
export function readersWanted(asked: number | undefined, bytes: number): number {
  return asked ?? (bytes > READ_ALONE_BYTES ? READERS_BY_DEFAULT : 1);
}

/** Room of a table's readers together, for what lies behind the range that is handed on, and what each has at least. */
const ALL_ROOM_BYTES = 16 * 1024 * 1024;
const LEAST_ROOM_BYTES = 4 * 1024 * 1024;

/** Room that each of so many readers should have. */
export function roomBytes(readers: number): number {
  return Math.max(Math.floor(ALL_ROOM_BYTES / Math.max(readers, 2)), LEAST_ROOM_BYTES);
}

/** Bytes of CSV that a range should have: much less than the room, so that no reader waits for another that is a little slower. */
export function rangeBytes(readers: number): number {
  return roomBytes(readers) / 2;
}
