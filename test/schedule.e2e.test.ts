import { expect, test } from '@jest/globals';
import type { EndedRun } from '../gateway/src/ledger/entries.ts';
import { eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { newBucket, newDatabase, unique } from './support/stack.ts';

const SCHEDULED = 'job: postgresql\ndatasets:\n  productos:\nschedule: "* * * * *"\n';

test('a tick is one run, with two gateways at work and a third after them', async () => {
  const bucket = await newBucket('schedule');
  const database = await newDatabase('schedule', 'create table productos (id integer)');
  const how = { bucket: bucket.name, database, pipelines: { nightly: SCHEDULED }, installation: unique('test') };
  const runs = async (): Promise<EndedRun[]> => {
    const keys = await bucket.keys('_esclusa/runs/');
    return Promise.all(keys.map(async (key) => JSON.parse(await bucket.text(key)) as EndedRun));
  };
  const gateways = await Promise.all([TestGateway.start(how), TestGateway.start(how)]);
  try {
    await eventually('the tick', async () => (await runs()).length > 0, 75);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.kill()));
  }
  // A tick that no gateway lived to see to the end is made up for, and one that was is not run again.
  const third = await TestGateway.start(how);
  try {
    await eventually('the next tick', async () => (await runs()).length > 1, 75);
    const ticks = (await runs()).map(({ requestedBy }) => requestedBy.tick);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.every((tick) => tick?.endsWith(':00.000Z'))).toBe(true);
    expect((await runs()).map(({ state, requestedBy: { via } }) => ({ state, via }))).toEqual(ticks.map(() => ({ state: 'succeeded', via: 'schedule' })));
    await nothingLeft(how.installation, bucket);
  } finally {
    await third.stop();
  }
}, 200_000);
