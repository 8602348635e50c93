import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containersWith, docker, eventually, nothingLeft } from './support/docker.ts';
import { TestGateway } from './support/gateway.ts';
import type { TestBucket } from './support/s3.ts';
import { newBucket, newDatabase, stack } from './support/stack.ts';

const TOKEN = 'canary "token" with / and ñ 4d1e';
const MASK_SECRET = 'canary-mask-secret-77c1';
const DNI = '12345678Z';
const CARD = '4111111111111111';

describe('canary secrets', () => {
  let gateway: TestGateway;
  let bucket: TestBucket;
  let canaries: string[];
  const seen: string[] = [];

  beforeAll(async () => {
    bucket = await newBucket('secrets');
    const database = await newDatabase(
      'secrets',
      'create table productos as select g as id, repeat(md5(g::text), 16) as t from generate_series(1, 300000) as g',
      'create table personas (id int primary key, dni text, tarjeta text, correo text)',
      `insert into personas values (1, '${DNI}', '${CARD}', 'ana@ejemplo.es'), (2, null, null, null)`,
    );
    const { s3, postgres } = stack();
    canaries = [TOKEN, MASK_SECRET, s3.secretAccessKey, postgres.password].flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ]);
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: {
        postgresql: 'job: postgresql\ndatasets:\n  productos:\n',
        masked: `job: postgresql
datasets:
  personas:
    mask: { dni: hmac, tarjeta: partial, correo: redact }
    csv: { delimiter: ';', bom: true }
`,
        'mask-typo': 'job: postgresql\ndatasets:\n  personas: { mask: { DNI: hmac } }\n',
        'wrong-user': 'job: postgresql\ndatasets:\n  productos:\nsource:\n  POSTGRES_USER: nadie\n',
        leak: 'job: fixture\ndatasets:\n  x:\n    behaviour: leak\n',
      },
      environment: { FIXTURE_TOKEN: TOKEN, MASK_SECRET, LOG_LEVEL: 'trace' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  test('docker inspect of a running job shows none', async () => {
    const answer = gateway.post('postgresql');
    const container = await eventually('the container', async () =>
      (await containersWith('esclusa.installation', gateway.installation)).find(({ State }) => State === 'running'),
    );
    const inspected = JSON.stringify(await docker.getContainer(container.Id).inspect());
    expect(inspected).toContain('POSTGRES_USER');
    expectNone(inspected);
    const { status, body } = await answer;
    expect(status).toBe(200);
    seen.push(JSON.stringify(body));
  });

  test('a job that prints its secrets, also in halves and in its error, shows none', async () => {
    const { status, body } = await gateway.post('leak');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'SOURCE_REFUSED' });
    expect(body['detail']).toBe('no entry with *** and ***');
    expect(body['log']).toEqual(expect.arrayContaining(['key in halves *** end']));
    seen.push(JSON.stringify(body));
  });

  test('a masked column is masked in the file, and its values are in nothing that the run leaves', async () => {
    const { status, body } = await gateway.post('masked');
    expect(status).toBe(200);
    const { url } = (body['result'] as Record<string, { url: string }>)['personas'] ?? { url: '' };
    const csv = await bucket.text(new URL(url).pathname.slice(1));
    const hmac = createHmac('sha256', MASK_SECRET).update(DNI).digest('hex');
    expect(csv).toBe(`\ufeffid;dni;tarjeta;correo\n1;${hmac};****1111;***\n2;;;\n`);
    const all = [csv, JSON.stringify(body), ...gateway.log, await bucket.text(new URL(String(body['manifest'])).pathname.slice(1))].join('\n');
    for (const value of [DNI, CARD, 'ana@']) expect(all.includes(value)).toBe(false);
    expect(all).toContain('"mask":"hmac"');
    seen.push(JSON.stringify(body));
  });

  test('a mask of a column that is not there lets nothing through', async () => {
    const { status, body } = await gateway.post('mask-typo');
    expect({ status, code: body['code'] }).toMatchObject({ code: 'COLUMN_NOT_FOUND' });
    expect(String(body['detail'])).toMatch(/"mask" names the column "DNI".*id, dni, tarjeta, correo/);
    seen.push(JSON.stringify(body));
  });

  test('a refused login shows none', async () => {
    const { status, body } = await gateway.post('wrong-user');
    expect({ status, code: body['code'] }).toEqual({ status: 502, code: 'SOURCE_REFUSED' });
    seen.push(JSON.stringify(body));
  });

  test('none is found in any answer, log line, or object', async () => {
    seen.push(JSON.stringify((await gateway.request('GET', '/health')).body), JSON.stringify((await gateway.request('GET', '/api/ingesta/health')).body));
    for (const text of seen) expectNone(text);
    expectNone(gateway.log.join('\n'));
    expect(gateway.log.length).toBeGreaterThan(10);
    const keys = await bucket.keys();
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expectNone(`${key}\n${await bucket.text(key)}`);
    await nothingLeft(gateway.installation, bucket);
  });

  function expectNone(text: string): void {
    for (const canary of canaries) expect(text.includes(canary)).toBe(false);
  }
});
