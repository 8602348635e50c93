import { describe, expect, test } from '@jest/globals';
import type { JobErrorCode } from './errors.ts';
import { s3FailureCode, s3FailureMessage } from './s3-failure.ts';

/** An error as the S3 client throws it. */
function s3Error(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error('said S3'), { name, $metadata: httpStatusCode === undefined ? {} : { httpStatusCode } });
}

describe('s3FailureCode', () => {
  test.each<[string, number | undefined, JobErrorCode]>([
    ['NoSuchBucket', 404, 'BUCKET_NOT_FOUND'],
    ['NoSuchUpload', 404, 'ATTEMPT_ABORTED'],
    ['ExpiredToken', 400, 'S3_TOKEN_EXPIRED'],
    ['ExpiredTokenException', 403, 'S3_TOKEN_EXPIRED'],
    ['RequestExpired', 403, 'S3_TOKEN_EXPIRED'],
    ['TokenRefreshRequired', 400, 'S3_TOKEN_EXPIRED'],
    ['AccessDenied', 403, 'S3_REFUSED'],
    ['InvalidAccessKeyId', 403, 'S3_REFUSED'],
    ['SignatureDoesNotMatch', 403, 'S3_REFUSED'],
    ['Unauthorized', 401, 'S3_REFUSED'],
    ['CredentialsProviderError', undefined, 'S3_REFUSED'],
    ['InternalError', 500, 'S3_UNAVAILABLE'],
    ['SlowDown', 503, 'S3_UNAVAILABLE'],
    ['TooManyRequests', 429, 'S3_UNAVAILABLE'],
    ['RequestTimeout', 408, 'S3_UNAVAILABLE'],
    ['TimeoutError', undefined, 'S3_UNAVAILABLE'],
    ['Error', undefined, 'S3_UNAVAILABLE'],
    ['EntityTooSmall', 400, 'INTERNAL'],
    ['BadDigest', 400, 'INTERNAL'],
    ['NoSuchKey', 404, 'INTERNAL'],
    ['PermanentRedirect', 301, 'INTERNAL'],
  ])('%s with status %s is %s', (name, status, code) => {
    expect(s3FailureCode(s3Error(name, status))).toBe(code);
  });

  test.each([undefined, null, 'boom', 42, {}, { name: 42 }])('what is no error at all (%j) is S3 that can not be reached', (error) => {
    expect(s3FailureCode(error)).toBe('S3_UNAVAILABLE');
  });
});

describe('s3FailureMessage', () => {
  test.each<[JobErrorCode, string]>([
    ['BUCKET_NOT_FOUND', 'AWS_BUCKET_NAME'],
    ['S3_REFUSED', 'AWS_SECRET_ACCESS_KEY'],
    ['S3_TOKEN_EXPIRED', 'renew the credentials'],
    ['S3_UNAVAILABLE', 'S3_ENDPOINT'],
    ['ATTEMPT_ABORTED', 'lifecycle rule'],
    ['INTERNAL', 'said S3'],
  ])('of %s says what was being done and what mends or explains it', (code, mend) => {
    const message = s3FailureMessage(code, 'opening the upload', 'lago', s3Error('Oops', 400));
    expect(message).toContain('opening the upload');
    expect(message).toContain(mend);
  });

  test('of a missing bucket names the bucket', () => {
    expect(s3FailureMessage('BUCKET_NOT_FOUND', 'x', 'lago', undefined)).toContain('"lago"');
  });
});
