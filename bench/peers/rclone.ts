import { KEYS } from '../lab/names.ts';
import { type Copy, pathOf } from './peer.ts';

/**
 * The rest of a pipe: from stdin to S3, tuned for one stream. Four parts of 16 MiB on their way, no second look at what was sent, no MD5 of the whole
 * (each part has one anyway), and no waiting for "100 Continue", which costs a second a part where a server leaves it out.
 */
export function toS3(copy: Copy): string {
  return `rclone rcat lab:${pathOf(copy)} --s3-chunk-size 16M --s3-upload-concurrency 4 --s3-disable-checksum --s3-no-check-bucket --s3-no-head --expect-continue-timeout 0 -q`;
}

/** Variables by which rclone knows the S3. */
export function rcloneEnvironment({ endpoint }: Copy): Record<string, string> {
  return {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_LAB_TYPE: 's3',
    RCLONE_CONFIG_LAB_PROVIDER: 'Other',
    RCLONE_CONFIG_LAB_ENDPOINT: endpoint,
    RCLONE_CONFIG_LAB_REGION: 'us-east-1',
    RCLONE_CONFIG_LAB_ACCESS_KEY_ID: KEYS.accessKeyId,
    RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  };
}
