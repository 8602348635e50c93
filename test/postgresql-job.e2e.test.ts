import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { type ByHand, published, requestFor, runByHand } from './support/by-hand.ts';
import { readCsv } from './support/csv.ts';
import { docker, eventually } from './support/docker.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { connectTo, newBucket, newDatabase, stack, unique } from './support/stack.ts';

/** Starts the job's image by hand. */
function start(name: string, database: string, bucket: string, environment: Record<string, string> = {}): ByHand {
  const { postgres } = stack();
  const source = { POSTGRES_HOST: postgres.inside, POSTGRES_USER: postgres.user, POSTGRES_PASSWORD: postgres.password, POSTGRES_DATABASE: database };
  return runByHand('postgresql', bucket, { ...source, ...environment }, name);
}

describe('the job, run by docker run', () => {
  let bucket: TestBucket;
  let database: string;

  beforeAll(async () => {
    bucket = await newBucket('job');
    database = await newDatabase(
      'job',
      'create table usuarios (id integer, nombre text, password text, "tokenAcceso" text, clave_producto text)',
      "insert into usuarios values (1, 'Zoë', 'canary-a1', 'canary-b2', 'K-1'), (2, null, 'canary-c3', '', '')",
      'create table "ta,bla ""rara"" ñ" ("co,l" text, "com""illas" text, "línea\nnueva" text)',
      `insert into "ta,bla ""rara"" ñ" values ('a', E'b\\nc', '\\.'), (null, '', '  espacios  ')`,
      'create table vacia (id integer, texto text)',
      'create view vista as select id from usuarios',
      'create schema otro',
      'create table otro.usuarios (x integer)',
      'create table lenta as select g as id from generate_series(1, 100) as g',
    );
  });

  test('without a request: every table and view, hostile names included, passwords left out', async () => {
    const ended = await start(unique('hand'), database, bucket.name).ended;
    expect(ended.status).toBe(0);
    const datasets = published(ended);
    expect(Object.keys(datasets).toSorted()).toEqual(['lenta', 'otro.usuarios', 'ta_bla__rara__ñ', 'usuarios', 'vacia', 'vista']);
    expect(datasets['usuarios']?.url).toMatch(new RegExp(`^s3://${bucket.name}/postgresql/usuarios_\\d{8}_\\d{6}\\.csv$`));

    const users = await bucket.text(keyOf(datasets['usuarios']?.url ?? ''));
    expect(users).toBe('id,nombre,clave_producto\n1,Zoë,K-1\n2,,""\n');
    const manifest = JSON.parse(await bucket.text((ended.final as { commitKey: string }).commitKey)) as Manifest;
    expect(resourceOf(manifest, 'usuarios')?.['omittedColumns']).toEqual(['password', 'tokenAcceso']);

    const { header, records } = readCsv(await bucket.text(decodeURIComponent(keyOf(datasets['ta_bla__rara__ñ']?.url ?? ''))));
    expect(header).toEqual(['co,l', 'com"illas', 'línea\nnueva']);
    expect(records).toEqual([
      ['a', 'b\nc', '\\.'],
      [null, '', '  espacios  '],
    ]);
    expect(await bucket.text(keyOf(datasets['vacia']?.url ?? ''))).toBe('id,texto\n');
    expect(JSON.stringify(await Promise.all((await bucket.keys()).map((key) => bucket.text(key))))).not.toContain('canary-');
  });

  test('a password-like column is extracted when it is named, and left out of a query that does not name it', async () => {
    const datasets = {
      nombrada: { table: 'usuarios', columns: ['password', 'id'] },
      consulta: { query: 'select *, 1 as uno from usuarios order by id -- fin' },
    };
    const { final } = await start(unique('named'), database, bucket.name, { ESCLUSA_REQUEST: requestFor(bucket.name, datasets) }).ended;
    expect(final).toMatchObject({ type: 'result' });
    expect((await bucket.text('out/nombrada.csv')).split('\n')[0]).toBe('password,id');
    expect((await bucket.text('out/consulta.csv')).split('\n')[0]).toBe('id,nombre,clave_producto,uno');
  });

  test.each([
    ['a missing bucket', {}, 'no-such-bucket-here', 'BUCKET_NOT_FOUND', 78],
    ['refused S3 credentials', { AWS_SECRET_ACCESS_KEY: 'wrong' }, undefined, 'S3_REFUSED', 77],
    ['a request that is no JSON', { ESCLUSA_REQUEST: '{' }, undefined, 'REQUEST_INVALID', 64],
    ['an unknown field in a dataset', { ESCLUSA_REQUEST: requestFor('b', { x: { tabla: 'x' } }) }, undefined, 'REQUEST_INVALID', 64],
    ['a variable that is not set', { POSTGRES_HOST: '' }, undefined, 'CONFIG_INVALID', 78],
    ['two columns of one name', { ESCLUSA_REQUEST: requestFor('b', { x: { query: 'select 1 as a, 2 as a' } }) }, undefined, 'QUERY_INVALID', 64],
  ])('%s ends with its own code and status', async (_, environment, other, code, status) => {
    const ended = await start(unique('bad'), database, other ?? bucket.name, environment).ended;
    expect({ status: ended.status, final: ended.final }).toMatchObject({ status, final: { type: 'error', code } });
  });

  // As two gateways may do it: the slower one creates the container when the quicker one has removed it already.
  test.each([
    ['the same rows', 'select 1 as n'],
    ['other rows', "select repeat('x', (random() * 100000)::int) as x"],
  ])('started again when it has published, with %s: the first answer again, nothing written over, no upload left', async (_, query) => {
    const dataset = unique('again');
    const request = { ESCLUSA_REQUEST: requestFor(bucket.name, { [dataset]: { query } }) };
    const first = await start(unique('first'), database, bucket.name, request).ended;
    const written = await bucket.text(`out/${dataset}.csv`);
    const second = await start(unique('second'), database, bucket.name, request).ended;
    expect(published(second)).toEqual(published(first));
    expect(await bucket.text(`out/${dataset}.csv`)).toBe(written);
    expect(await bucket.uploads()).toEqual([]);
  });

  test('no secrets on standard input: exit 75 once it is closed', async () => {
    const { child, ended } = start(unique('secretless'), database, bucket.name, { ESCLUSA_SECRETS: 'stdin' });
    child.stdin?.end('half a line {"type":"sec\n');
    expect(await ended).toMatchObject({ status: 75, final: { code: 'SECRETS_MISSING', retryable: true } });
  });

  test('its own clock ends it, and the query at the server with it', async () => {
    const datasets = { dormida: { query: 'select pg_sleep(300), id from lenta' } };
    const { ended } = start(unique('clock'), database, bucket.name, { ESCLUSA_REQUEST: requestFor(bucket.name, datasets, { timeAllowedSeconds: 3 }) });
    expect(await ended).toMatchObject({ status: 143, final: { code: 'TIME_UP' } });
    await noQueryOf(database, 'pg_sleep(300)');
    expect(await bucket.uploads()).toEqual([]);
  });

  test('SIGTERM ends it with 143 within its grace period, the query at the server and the upload with it', async () => {
    const name = unique('term');
    const datasets = { dormida: { query: 'select pg_sleep(301), id from lenta' } };
    const { ended } = start(name, database, bucket.name, { ESCLUSA_REQUEST: requestFor(bucket.name, datasets) });
    await eventually('the query', async () => (await queriesOf(database, 'pg_sleep(301)')) > 0);
    await docker.getContainer(name).stop({ t: 10 });
    expect(await ended).toMatchObject({ status: 143, final: { code: 'STOPPED' } });
    await noQueryOf(database, 'pg_sleep(301)');
    expect(await bucket.uploads()).toEqual([]);
  });

  test('all datasets are of one point in time: what is committed in between is in none of them', async () => {
    const writer = await connectTo(database);
    await writer.query('create table saldos as select g as id, 100 as saldo from generate_series(1, 10) as g');
    // The first dataset takes seconds, while money moves from one row to another all the time.
    const datasets = {
      antes: { query: 'select id, saldo from saldos where pg_sleep(0.2) is not null' },
      despues: { query: 'select id, saldo from saldos' },
    };
    const { ended } = start(unique('snapshot'), database, bucket.name, { ESCLUSA_REQUEST: requestFor(bucket.name, datasets) });
    const done = new AbortController();
    const moves = (async () => {
      for (let n = 0; !done.signal.aborted; n++) {
        await writer.query(`update saldos set saldo = saldo + case id when ${1 + (n % 10)} then 1 when ${1 + ((n + 1) % 10)} then -1 else 0 end`);
      }
    })();
    expect((await ended).status).toBe(0);
    done.abort();
    await moves;
    await writer.end();
    const sorted = async (dataset: string) => readCsv(await bucket.text(`out/${dataset}.csv`)).records.toSorted((a, b) => Number(a[0]) - Number(b[0]));
    expect(await sorted('despues')).toEqual(await sorted('antes'));
    expect((await sorted('antes')).reduce((sum, [, saldo]) => sum + Number(saldo), 0)).toBe(1000);
  });
});

async function queriesOf(database: string, text: string): Promise<number> {
  const client = await connectTo('postgres');
  const { rows } = await client.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where datname = $1 and state = 'active' and query like $2",
    [database, `%${text}%`],
  );
  await client.end();
  return rows[0]?.n ?? 0;
}

async function noQueryOf(database: string, text: string): Promise<void> {
  await eventually('the query to end at the server', async () => (await queriesOf(database, text)) === 0, 10);
}
