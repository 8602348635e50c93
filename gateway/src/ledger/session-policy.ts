import { furtherFilesPrefix } from '@esclusa/contract';

/** Rights of one attempt in the bucket. */
export interface SessionScope {
  readonly bucket: string;
  /** Keys of its files. */
  readonly keys: readonly string[];
  /** Key of its decision. */
  readonly commitKey: string;
  readonly mode: 'run' | 'check' | 'plan';
}

// STS takes no longer one (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
const MAX_LETTERS = 2_048;
const FILE_ACTIONS = ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/**
 * The session policy of an attempt, for AssumeRole: its own files and its own commit key. It takes away from what the role may, and adds nothing. Of very many datasets what
 * all keys have in common stands for them. Throws a RangeError where nothing short enough would keep to the attempt.
 */
export function sessionPolicy({ bucket, keys, commitKey, mode }: SessionScope): string {
  const arn = (key: string): string => `arn:aws:s3:::${bucket}/${key}`;
  const policyOf = (patterns: readonly string[]): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        ...(mode === 'run' ? [{ Effect: 'Allow', Action: FILE_ACTIONS, Resource: patterns.map(arn) }] : []),
        { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'], Resource: [arn(commitKey), arn(`${commitKey}.check`)] },
      ],
    });
  const exact = policyOf(keys.flatMap((key) => [key, `${furtherFilesPrefix(key)}*`]));
  if (exact.length <= MAX_LETTERS) return exact;
  const common = policyOf([commonPattern(keys)]);
  if (common.length > MAX_LETTERS) throw new RangeError('the keys of its datasets make no policy that is short enough');
  return common;
}

/** A pattern that all keys match: what they begin with, and the stamp or the run that all of them hold. */
function commonPattern(keys: readonly string[]): string {
  const [first = ''] = keys;
  let length = 0;
  while (length < first.length && keys.every((key) => key[length] === first[length])) length++;
  const prefix = first.slice(0, first.lastIndexOf('/', length - 1) + 1);
  if (prefix === '')
    throw new RangeError('the keys of its datasets begin with nothing in common: give them a common prefix (destination), or ask for fewer at once');
  const mark = /\d{8}_\d{6}(?:_[0-9a-f]{8})?|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(first.slice(prefix.length))?.[0];
  return mark !== undefined && keys.every((key) => key.includes(mark, prefix.length)) ? `${prefix}*${mark}*` : `${prefix}*`;
}
