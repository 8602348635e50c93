import { describe, expect, test } from '@jest/globals';
import { containersWith, docker, eventually, nothingLeft, runningContainer } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import { newBucket, newDatabase, unique } from './support/stack.ts';

const talk = (more = ''): string => `job: fixture\ndatasets:\n  x:\n    behaviour: talk\n${more}`;
const ASYNC = { Prefer: 'respond-async' };

/** Lets a job that talks say the rest and end. */
async function finish(run: unknown): Promise<void> {
  const container = await runningContainer(run);
  const log = async (): Promise<string> => (await docker.getContainer(container.Id).logs({ stdout: true })).toString();
  await eventually('its first words', async () => (await log()).includes('so far'));
  await docker.getContainer(container.Id).kill({ signal: 'SIGUSR2' });
}

describe('admission', () => {
  test('beyond the waiting room a caller is told when to come again, by how long runs take; order is kept over a restart', async () => {
    const bucket = await newBucket('admission');
    const how = { bucket: bucket.name, pipelines: { talk: talk() }, installation: unique('test'), environment: { MAX_RUNNING: '1', MAX_WAITING: '2' } };
    const first = await TestGateway.start(how);
    const runs: unknown[] = [];
    for (let n = 0; n < 3; n++) runs.push((await first.post('talk', undefined, ASYNC)).body['run']);
    const refused = await first.post('talk', undefined, ASYNC);
    expect([refused.status, refused.body['code'], Number(refused.headers.get('retry-after'))]).toEqual([429, 'WAITING_ROOM_FULL', 10]);
    await finish(runs[0]);
    // The place of one that has ended is free once everything of it is written down.
    const fourth = await eventually('room', async () => {
      const answer = await first.post('talk', undefined, ASYNC);
      return answer.status === 202 && answer;
    });
    runs.push(fourth.body['run']);
    const again = await first.post('talk', undefined, ASYNC);
    expect(again.status).toBe(429);
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await eventually('the second to run', async () => (await containersWith('esclusa.run', String(runs[1])))[0]);

    await first.kill();
    const second = await TestGateway.start(how);
    try {
      const began: string[] = [];
      for (const run of runs.slice(1)) {
        await eventually('the next to run', async () => (await containersWith('esclusa.run', String(run)))[0]);
        began.push(...(await containersWith('esclusa.installation', how.installation)).map(({ Labels }) => Labels['esclusa.run'] ?? ''));
        await finish(run);
        await eventually('it to go', async () => (await containersWith('esclusa.run', String(run))).length === 0);
      }
      // One place: at no time was there a container of another run.
      expect(began).toEqual(runs.slice(1));
      await nothingLeft(how.installation, bucket);
    } finally {
      await second.stop();
    }
  });

  test('the waiting room holds no more than it should, also of those who come in the same instant with keys of their own', async () => {
    const bucket = await newBucket('admission');
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines: { talk: talk() }, environment: { MAX_RUNNING: '1', MAX_WAITING: '2' } });
    try {
      const sent = Array.from({ length: 20 }, (_, n) => gateway.post('talk', undefined, { ...ASYNC, 'Idempotency-Key': `key-${n}` }));
      const answers = await Promise.all(sent);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([...Array(3).fill(202), ...Array(17).fill(429)]);
      for (const { status, body } of answers) if (status === 202) await gateway.request('DELETE', `/api/runs/${String(body['run'])}`);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test('a source has so many runs at once as its limit says; others pass by', async () => {
    const bucket = await newBucket('admission');
    const database = await newDatabase('admission', 'create table productos (id integer)');
    const pipelines = { talk: talk('limits:\n  concurrency: 1\n'), other: 'job: postgresql\ndatasets:\n  productos:\n' };
    const gateway = await TestGateway.start({ bucket: bucket.name, database, pipelines });
    try {
      const [one, two] = [await gateway.post('talk', undefined, ASYNC), await gateway.post('talk', undefined, ASYNC)];
      expect((await gateway.post('other')).status).toBe(200);
      expect((await gateway.request('GET', `/api/runs/${String(two.body['run'])}`)).body).toMatchObject({ state: 'queued', position: 0 });
      await finish(one.body['run']);
      await finish(two.body['run']);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });

  test('overlap: join gives both callers the same run, reject refuses the second, queue has both run', async () => {
    const bucket = await newBucket('admission');
    const pipelines = { join: talk('overlap: join\n'), reject: talk('overlap: reject\n'), queue: talk() };
    const gateway = await TestGateway.start({ bucket: bucket.name, pipelines });
    try {
      const started = async (pipeline: string) => (await gateway.post(pipeline, undefined, ASYNC)).body['run'];
      const [join, reject, queue] = [await started('join'), await started('reject'), await started('queue')];
      expect(await started('join')).toBe(join);
      expect(await gateway.post('reject')).toMatchObject({ status: 409, body: { code: 'PIPELINE_BUSY', run: reject } });
      const queued = await started('queue');
      expect(queued).not.toBe(queue);
      await Promise.all([join, reject, queue, queued].map(finish));
      await nothingLeft(gateway.installation, bucket);
      const next = await started('reject');
      expect(next).toBeDefined();
      await finish(next);
      await nothingLeft(gateway.installation, bucket);
    } finally {
      await gateway.stop();
    }
  });
});
