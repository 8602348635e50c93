import {
  COMPRESSION_ENDING,
  FORMATS,
  MAX_FILES,
  MAX_KEY_BYTES,
  compressionEnding,
  fileKey,
  formatEnding,
  formatOf,
  isFileKey,
  listKey,
} from '@esclusa/contract';
import { ledgerKeys } from '../ledger/keys.ts';
import type { Pipeline, PipelineProblem } from '../pipelines/pipeline.ts';
import { type KeyParts, dataKeys, destinationOf } from './stamp.ts';

type Fixed = Pick<KeyParts, 'run' | 'attempt' | 'stamp' | 'reserved'>;

/** What makes the longest keys: an attempt of three digits, whose second somebody else has. */
const LONGEST = { run: '0'.repeat(36), attempt: 999, stamp: '20250102_153045', reserved: false } satisfies Fixed;
/** What makes the shortest ones, with the least between the names of datasets and the ending. */
const SHORTEST = { ...LONGEST, attempt: 1, reserved: true } satisfies Fixed;

/**
 * What is wrong with the keys that a pipeline's runs would have: a file called what it is not, data among the
 * ledger's entries, one key for files of two datasets, or keys that S3 has no room for. Found late, the first could not be read by name, the
 * second would be swept or listed as what it is not, the third would fail a run at its end, and the last would keep it from ever beginning.
 */
export function keyProblems(pipeline: Pipeline, ledgerPrefix: string): PipelineProblem[] {
  const { name, destination, datasets } = pipeline;
  const path = ['destination', destination.key === undefined ? 'prefix' : 'key'];
  const problem = (message: string): PipelineProblem[] => [{ file: pipeline.file, line: pipeline.lineOf(path), field: path.join('.'), message }];
  const first = destinationOf(pipeline);
  const keysOf = (parts: Fixed): Record<string, string> => dataKeys(datasets, { ...parts, destination: first, template: destination.key, pipeline: name });
  const named = Object.entries(keysOf(LONGEST));
  const keys = named.map(([, key]) => key);

  const promised = Object.values(COMPRESSION_ENDING).find((ending) => destination.key?.endsWith(ending) === true);
  const other = Object.entries(datasets).find(([, options]) => promised !== undefined && compressionEnding(options) !== promised)?.[0];
  if (other !== undefined) {
    return problem(
      `ends with "${promised}", and dataset "${other}" is not compressed so (compression); leave it out, compressed files get their ending by themselves`,
    );
  }
  const said = FORMATS.find((format) => destination.key?.endsWith(formatEnding({ format })) === true);
  const [odd, options = {}] = Object.entries(datasets).find(([, options]) => said !== undefined && formatOf(options) !== said) ?? [];
  if (odd !== undefined) {
    return problem(
      `ends with ".${said}", and dataset "${odd}" is ${formatOf(options)} (format); leave it out, files of Parquet get their ending by themselves`,
    );
  }
  const inside = keys.find((key) => key.startsWith(ledgerPrefix));
  if (inside !== undefined) {
    return problem(`"${shown(inside)}" would lie below "${ledgerPrefix}", where the ledger is (LEDGER_PREFIX); begin the keys with something else`);
  }
  const bare = Object.entries(keysOf(SHORTEST));
  const [twin, key = ''] = bare.find(([, key]) => bare.some(([, first]) => first !== key && isFileKey(first, key))) ?? [];
  if (twin !== undefined) return problem(`"${shown(key)}", the key of dataset "${twin}", is that of a further file of another dataset; name it otherwise`);
  // The ledger's key for a second that is reserved there holds the first part of the keys too.
  const further = ([dataset, key]: [string, string]): string[] => [
    fileKey(key, MAX_FILES),
    ...(formatOf(datasets[dataset] ?? {}) === 'csv' ? [] : [listKey(key)]),
  ];
  const all = [...named.flatMap(further), ledgerKeys(ledgerPrefix).stamp(first, LONGEST.stamp)];
  const [longest = ''] = all.toSorted((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a));
  const excess = Buffer.byteLength(longest) - MAX_KEY_BYTES;
  if (excess <= 0) return [];
  return problem(`"${shown(longest)}" would be a key of ${MAX_KEY_BYTES + excess} bytes, and S3 takes ${MAX_KEY_BYTES}; make it shorter by ${excess}`);
}

/** A long key by its beginning and its end. */
function shown(key: string): string {
  return key.length <= 100 ? key : `${key.slice(0, 50)}…${key.slice(-50)}`;
}
