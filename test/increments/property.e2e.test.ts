import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, filesOf, resourceOf } from '@esclusa/contract';
import { Random } from '../faults/random.ts';
import { readCsv } from '../support/csv.ts';
import { containersWith, docker, eventually, nothingLeft } from '../support/docker.ts';
import { TestGateway } from '../support/gateway.ts';
import { S3Proxy } from '../support/s3-proxy.ts';
import type { TestBucket } from '../support/s3.ts';
import { newBucket, unique } from '../support/stack.ts';
import { type Version, type Written, writtenInMysql, writtenInPostgresql } from './writers.ts';

/** Seconds that a transaction of the writers is open at most, and that the pipeline leaves rows alone. */
const OPEN_SECONDS = 1.5;
const LAG_SECONDS = 3;
const SECONDS = 35;
const WRITERS = 4;
/** Of all calls on S3, before it and behind it. */
const CALLS_THAT_FAIL = 1 / 100;

/**
 * Inserts, updates and roll-backs whose transactions commit in another order than they began, while runs go on, jobs and gateways are killed, the databases end connections, and S3 fails now and then, before it has done what it was asked or
 * behind it. By the documents: each version of a row that is left alone for the lag comes once, none that was rolled back, and none twice.
 */
describe('increments while rows are written out of order, and jobs, gateways, connections and calls on S3 are killed', () => {
  let sources: readonly Written[] = [];
  let bucket: TestBucket;
  let s3: S3Proxy;
  const seed = Number(process.env['ESCLUSA_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = new Random(seed);
  /** Rows whose transaction was open for too long. */
  const late = new Set<string>();

  beforeAll(async () => {
    [bucket, s3, sources] = await Promise.all([newBucket('desorden'), S3Proxy.start(), Promise.all([writtenInPostgresql(), writtenInMysql()])]);
  }, 120_000);

  afterAll(() => Promise.all([s3?.stop(), ...sources.map((source) => source.stop())]));

  /** Writes until it is told to stop; notes every version that was committed. */
  async function write(source: Written, name: string, until: () => boolean, committed: Version[]): Promise<void> {
    const writer = await source.writer();
    try {
      for (let n = 0; !until(); n++) {
        await writer.begin();
        const began = Date.now();
        const versions: Version[] = [];
        for (let row = 0; row < random.integer(1, 5); row++) {
          const v = `${name}-${n}-${row}`;
          versions.push(...(random.chance(1 / 3) ? await writer.update(v, `${name}-`) : [await writer.insert(v)]));
        }
        await sleep(random.integer(0, OPEN_SECONDS * 900));
        const how = random.chance(5 / 6) ? 'commit' : 'rollback';
        await writer.end(how);
        if (how === 'commit') committed.push(...versions);
        // On a machine that stood still it was open for longer than the lag, by whose documents its rows may be missed.
        if (Date.now() - began >= LAG_SECONDS * 1_000) for (const { id } of versions) late.add(`${source.job} ${id}`);
      }
    } finally {
      await writer.close();
    }
  }

  /** Ends a job's connections as soon as one has any; they are short. */
  async function cutSoon(): Promise<number> {
    for (let tries = 0; tries < 60; tries++) {
      const cut = await Promise.all(sources.map((source) => source.cut()));
      const sum = cut.reduce((a, b) => a + b);
      if (sum > 0) return sum;
      await sleep(25);
    }
    return 0;
  }

  test('no row is lost, and none comes twice', async () => {
    const until = Date.now() + SECONDS * 1_000;
    const isOver = (): boolean => Date.now() > until;
    const committed = new Map(sources.map(({ job }) => [job, [] as Version[]]));
    const installation = unique('test');
    const behindProxy = { S3_ENDPOINT: s3.outside, JOB_S3_ENDPOINT: s3.inside };
    const environment = Object.assign(
      { RETRY_BASE_SECONDS: '0.1', MAX_ATTEMPTS: '5', ...behindProxy },
      ...sources.map((source) => source.environment),
    ) as Record<string, string>;
    const pipelines = Object.fromEntries(
      sources.map(({ job }) => [job, `job: ${job}\ndatasets:\n  eventos: { incremental: { cursor: cambio, lag: ${LAG_SECONDS} } }\n`]),
    );
    const options = { bucket: bucket.name, pipelines, installation, environment };
    let gateway = await TestGateway.start(options);
    const writing = Promise.all(
      sources.flatMap((source) => Array.from({ length: WRITERS }, (_, n) => write(source, `w${n}`, isOver, committed.get(source.job) ?? []))),
    );
    const killed = { jobs: 0, gateways: 0, connections: 0, calls: 0 };
    s3.gate = () => {
      if (!random.chance(CALLS_THAT_FAIL)) return 'forward';
      killed.calls++;
      return random.chance(1 / 2) ? 'drop' : { status: 503, code: 'SlowDown' };
    };
    let answered = 0;
    const ask = async (job: string): Promise<void> => {
      while (!isOver()) {
        const answer = await gateway.post(job).catch(() => undefined);
        if (answer?.status === 200) answered++;
        await sleep(random.integer(0, 300));
      }
    };
    const asking = Promise.all(sources.map(({ job }) => ask(job)));
    try {
      while (!isOver()) {
        await sleep(random.integer(500, 3_000));
        const what = random.integer(1, 6);
        if (what <= 2) killed.connections += await cutSoon();
        else if (what <= 4) {
          const [job] = await containersWith('esclusa.installation', installation);
          const gone =
            job === undefined
              ? undefined
              : await docker
                  .getContainer(job.Id)
                  .kill()
                  .catch(() => 'gone');
          killed.jobs += job !== undefined && gone !== 'gone' ? 1 : 0;
        } else {
          await gateway.kill();
          killed.gateways++;
          gateway = await TestGateway.start(options);
        }
      }
      await Promise.all([writing, asking]);
      s3.reset();
      await eventually('all runs to end', async () => (await bucket.keys('_esclusa/open/')).length === 0, 60);
      await sleep((LAG_SECONDS + OPEN_SECONDS) * 1_000);
      // Whatever is old enough now is all there is.
      for (const { job } of sources) expect((await gateway.post(job)).status).toBe(200);
      await nothingLeft(installation, bucket);
    } finally {
      await gateway.stop();
    }

    const manifests = (await bucket.commits()).flatMap(({ commit }) => (commit.state === 'committed' ? [commit] : []));
    console.info(
      `seed ${seed}: ${manifests.length} runs committed, ${answered} answered; killed: ${JSON.stringify(killed)}; ${late.size} rows written too late`,
    );
    for (const source of sources) {
      const chain = inOrder(manifests.filter(({ pipeline }) => pipeline === source.job));
      const delivered = (await Promise.all(chain.map((manifest) => versionsOf(manifest)))).flat();
      const written = new Set(committed.get(source.job)?.map(keyOf));
      console.info(`${source.job}: ${written.size} versions written, ${delivered.length} delivered by ${chain.length} runs`);
      // None twice, and none that was rolled back or made up.
      expect(delivered.map(keyOf).filter((version, index, all) => all.indexOf(version) !== index)).toEqual([]);
      expect(delivered.map(keyOf).filter((version) => !written.has(version))).toEqual([]);
      // None lost: whoever takes the newest version of each row in has the table.
      const newest = new Map<string, Version>();
      for (const version of delivered) if ((newest.get(version.id)?.cambio ?? '') < version.cambio) newest.set(version.id, version);
      const inTime = ({ id }: Version): boolean => !late.has(`${source.job} ${id}`);
      const rows = (await source.table()).filter(inTime);
      expect([...newest.values()].filter(inTime).map(keyOf).toSorted()).toEqual(rows.map(keyOf).toSorted());
      expect(rows.length).toBeGreaterThan(100);
      expect(chain.length).toBeGreaterThan(1);
    }
    // A slow machine has fewer rounds in the time.
    expect(killed.jobs + killed.gateways + killed.connections).toBeGreaterThan(2);
    expect(killed.calls).toBeGreaterThan(2);
  }, 180_000);

  async function versionsOf(manifest: Manifest): Promise<Version[]> {
    const resource = resourceOf(manifest, 'eventos');
    const [file] = resource === undefined ? [] : filesOf(resource);
    const { records } = readCsv(await bucket.text(file?.path ?? ''));
    return records.map(([id, cambio, v]) => ({ id: id ?? '', cambio: cambio ?? '', v: v ?? '' }));
  }
});

/** Manifests one after the other, each of which goes on where the one before has ended. */
function inOrder(manifests: readonly Manifest[]): Manifest[] {
  const chain = manifests.toSorted((a, b) => (a.created < b.created ? -1 : 1));
  let reached: string | undefined;
  for (const manifest of chain) {
    const { from, to } = (resourceOf(manifest, 'eventos')?.incremental ?? {}) as { from?: string; to?: string };
    expect({ run: manifest.run, from }).toEqual({ run: manifest.run, from: reached });
    reached = to ?? reached;
  }
  return chain;
}

function keyOf({ id, cambio, v }: Version): string {
  return `${id} ${cambio} ${v}`;
}
