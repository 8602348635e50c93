import { describe, expect, test } from '@jest/globals';
import { complaintsOf, observe } from './observe.ts';
import { SOURCES } from './sources.ts';

// The same with two million and a job that is not held back: npm run bench:consistency.
const ROWS = 200_000;
// The server that stands in for MongoDB is slow without being held back.
const DOCUMENTS = 60_000;
// A job that reads for some seconds, while others have the rest of the machine to write.
const limits = { cpus: 0.25 };
const ENOUGH = 10;

describe('while others update and delete', () => {
  test.each([...SOURCES])('%s: what holds between two tables holds in their files, as far as the server keeps snapshots', async (_, source) => {
    const observation = await observe(source, source.job === 'mongodb' ? DOCUMENTS : ROWS, { limits });
    expect({ complaints: complaintsOf(observation, source, ENOUGH), observation }).toMatchObject({ complaints: [] });
  });
});
