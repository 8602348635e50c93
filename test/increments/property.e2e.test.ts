import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, filesOf, resourceOf } from '@esclusa/contract';
import type pg from 'pg';
import { Random } from '../faults/random.ts';
import { readCsv } from '../support/csv.ts';
import { containersWith, docker, eventually, nothingLeft } from '../support/docker.ts';
import { TestGateway } from '../support/gateway.ts';
import type { TestBucket } from '../support/s3.ts';
import { connectTo, newBucket, newDatabase, unique } from '../support/stack.ts';

/** Seconds that a transaction of the writers is open at most, and that the pipeline leaves rows alone. */
const OPEN_SECONDS = 1.5;
const LAG_SECONDS = 3;
const SECONDS = 45;
const WRITERS = 4;
const PIPELINES = { eventos: `job: postgresql\ndatasets:\n  eventos: { incremental: { cursor: cambio, lag: ${LAG_SECONDS} } }\n` };

/** A version of a row: what a writer gave it. */
interface Version {
  readonly id: string;
  readonly cambio: string;
  readonly v: string;
}

/**
 * Inserts, updates and roll-backs whose transactions commit in another order than they began, while runs go on and jobs and gateways are killed. By the documents: each version of a row that is left alone for the lag comes once,
 * none that was rolled back, and none twice.
 */
describe('increments while rows are written out of order, and jobs and gateways are killed', () => {
  let database: string;
  let admin: pg.Client;
  let bucket: TestBucket;
  const seed = Number(process.env['ESCLUSA_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = new Random(seed);

  beforeAll(async () => {
    database = await newDatabase(
      'desorden',
      'create table eventos (id bigserial primary key, cambio timestamptz not null, v text not null)',
      'create index on eventos (cambio)',
    );
    [admin, bucket] = await Promise.all([connectTo(database), newBucket('desorden')]);
  });

  afterAll(() => admin?.end());

  /** Writes until it is told to stop; notes every version that was committed. */
  async function write(name: string, until: () => boolean, committed: Version[]): Promise<void> {
    const client = await connectTo(database);
    try {
      for (let n = 0; !until(); n++) {
        await client.query('begin');
        const versions: Version[] = [];
        for (let row = 0; row < random.integer(1, 5); row++) {
          const v = `${name}-${n}-${row}`;
          // Each writer updates rows of its own: nobody waits for a lock longer than the lag allows.
          const update = `update eventos set cambio = clock_timestamp(), v = $1 where id = (select id from eventos where v like '${name}-%' order by random() limit 1) returning id::text, cambio::text, v`;
          const insert = 'insert into eventos (cambio, v) values (clock_timestamp(), $1) returning id::text, cambio::text, v';
          versions.push(...(await client.query<Version>(random.chance(1 / 3) ? update : insert, [v])).rows);
        }
        await sleep(random.integer(0, OPEN_SECONDS * 900));
        const keeps = random.chance(5 / 6);
        await client.query(keeps ? 'commit' : 'rollback');
        if (keeps) committed.push(...versions);
      }
    } finally {
      await client.end();
    }
  }

  test('no row is lost, and none comes twice', async () => {
    const until = Date.now() + SECONDS * 1_000;
    const isOver = (): boolean => Date.now() > until;
    await admin.query("set timezone = 'UTC'");
    await admin.query(`alter database "${database}" set timezone = 'UTC'`);
    const committed: Version[] = [];
    const installation = unique('test');
    const options = { bucket: bucket.name, database, pipelines: PIPELINES, installation, environment: { RETRY_BASE_SECONDS: '0.1', MAX_ATTEMPTS: '5' } };
    let gateway = await TestGateway.start(options);
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(`w${n}`, isOver, committed)));
    const killed = { jobs: 0, gateways: 0 };
    let answered = 0;
    const asking = (async () => {
      while (!isOver()) {
        const answer = await gateway.post('eventos').catch(() => undefined);
        if (answer?.status === 200) answered++;
        await sleep(random.integer(0, 300));
      }
    })();
    try {
      while (!isOver()) {
        await sleep(random.integer(500, 3_000));
        if (random.chance(2 / 3)) {
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
      await eventually('all runs to end', async () => (await bucket.keys('_esclusa/open/')).length === 0, 60);
      await sleep((LAG_SECONDS + OPEN_SECONDS) * 1_000);
      // Whatever is old enough now is all there is.
      expect((await gateway.post('eventos')).status).toBe(200);
      await nothingLeft(installation, bucket);
    } finally {
      await gateway.stop();
    }

    const manifests = (await bucket.commits()).flatMap(({ commit }) => (commit.state === 'committed' ? [commit] : []));
    const chain = inOrder(manifests);
    const delivered = (await Promise.all(chain.map((manifest) => versionsOf(manifest)))).flat();
    console.info(
      `seed ${seed}: ${committed.length} versions written, ${delivered.length} delivered by ${chain.length} runs (${answered} answered); killed: ${JSON.stringify(killed)}`,
    );
    const key = ({ id, cambio, v }: Version): string => `${id} ${cambio} ${v}`;
    const written = new Set(committed.map(key));
    // None twice, and none that was rolled back or made up.
    expect(delivered.map(key).filter((version, index, all) => all.indexOf(version) !== index)).toEqual([]);
    expect(delivered.map(key).filter((version) => !written.has(version))).toEqual([]);
    // None lost: whoever takes the newest version of each row in has the table.
    const newest = new Map<string, Version>();
    for (const version of delivered) if ((newest.get(version.id)?.cambio ?? '') < version.cambio) newest.set(version.id, version);
    const { rows } = await admin.query<Version>('select id::text, cambio::text, v from eventos');
    expect([...newest.values()].map(key).toSorted()).toEqual(rows.map(key).toSorted());
    expect(rows.length).toBeGreaterThan(100);
    expect(killed.jobs + killed.gateways).toBeGreaterThan(5);
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
