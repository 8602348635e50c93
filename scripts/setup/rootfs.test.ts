import { describe, expect, test } from '@jest/globals';
import { gonePackages } from './rootfs.ts';

describe('packages that are gone', () => {
  test('are named as apt names them, each once', () => {
    const output = [
      'I: downloading packages with apt...',
      'Reading package lists...',
      'Package libfoo1 is not available, but is referred to by another package.',
      'E: Unable to locate package mysql-server-core-9.7',
      "E: Package 'libfoo1' has no installation candidate",
      'E: Unable to locate package mysql-server-core-9.7',
      'E: apt download failed: E: apt-get --yes install bash mysql-server-core-9.7 libfoo1 failed',
    ];
    expect(gonePackages(output.join('\n'))).toEqual(['mysql-server-core-9.7', 'libfoo1']);
  });

  test('are none where something else failed', () => {
    expect(gonePackages('E: Failed to fetch http://mirror.example/debian/dists/sid/InRelease  Connection refused')).toEqual([]);
  });
});
