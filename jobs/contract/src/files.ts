/** Most files that one dataset may become. */
export const MAX_FILES = 9_999;

// Of a name like `ventas_20250102_153045.csv.gz` what its reader goes by.
const ENDING = /(?:\.[A-Za-z][A-Za-z0-9]{0,7})?(?:\.gz|\.zst)?$/;
const PART = '.part-';
const DIGITS = 4;

/**
 * The key of a dataset's nth file, counted from 1. The first has the dataset's own key, since nobody knows then whether another one follows; those after it
 * have their number before the name's ending: `ventas_20250102_153045.part-0002.csv.gz`.
 */
export function fileKey(key: string, number: number): string {
  if (!Number.isInteger(number) || number < 1 || number > MAX_FILES) throw new RangeError(`a dataset has files 1 to ${MAX_FILES}, and none ${number}`);
  if (number === 1) return key;
  const { stem, ending } = halves(key);
  return `${stem}${PART}${String(number).padStart(DIGITS, '0')}${ending}`;
}

/** The key of the list of a dataset's files, for readers that want one beside them. */
export function listKey(key: string): string {
  return `${furtherFilesPrefix(key)}list.json`;
}

/** What the keys of all objects of a dataset but its first file begin with; other objects' may too. */
export function furtherFilesPrefix(key: string): string {
  return `${halves(key).stem}${PART}`;
}

/** Whether a key is that of one of a dataset's files, the first of which is at `key`, or of their list: the inverse of {@link fileKey} and {@link listKey}. */
export function isFileKey(key: string, other: string): boolean {
  const [number] = /^\d{4}/.exec(other.slice(furtherFilesPrefix(key).length)) ?? [];
  return other === key || other === listKey(key) || (Number(number) >= 2 && fileKey(key, Number(number)) === other);
}

function halves(key: string): { stem: string; ending: string } {
  const at = key.search(ENDING);
  return { stem: key.slice(0, at), ending: key.slice(at) };
}
