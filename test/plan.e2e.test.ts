import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, resourceOf } from '@esclusa/contract';
import { docker, nothingLeft } from './support/docker.ts';
import { Documented } from './support/documented.ts';
import { TestGateway } from './support/gateway.ts';
import { MysqlServer } from './support/mysql-server.ts';
import { type TestBucket, keyOf } from './support/s3.ts';
import { TEST_IMAGE_PREFIX, newBucket, newDatabase } from './support/stack.ts';

// Three that a password or token would be in, and one that is a product's key.
const COLUMNS = 'id integer, nombre varchar(20), contraseña varchar(20), clave_acceso varchar(20), token_api varchar(20), clave_producto varchar(20)';
const ROW = "(1, 'Zoë', 'canary-a1', 'canary-b2', 'canary-c3', 'K-1')";
const SECRET = ['contraseña', 'clave_acceso', 'token_api'];
const SENSITIVE = 'datasets:\n  usuarios:\n  consulta: { query: "select * from usuarios" }\n  nombrada: { table: usuarios, columns: [token_api, id] }\n';
const NAMED = { usuarios: SECRET, consulta: SECRET, nombrada: [] };

interface Planned {
  readonly datasets: Record<string, { readonly columns: { readonly name: string }[]; readonly omittedColumns: string[] }>;
}

describe('a plan, and the run that it tells of', () => {
  let bucket: TestBucket;
  let mysql: MysqlServer;
  let gateway: TestGateway;
  let documented: Documented;

  beforeAll(async () => {
    const [made, database, server] = await Promise.all([
      newBucket('plan'),
      newDatabase(
        'plan',
        `create table usuarios (${COLUMNS})`,
        `insert into usuarios values ${ROW}`,
        'create table tipos (n bigint, precio numeric(12,2), alta date, visto timestamptz, activo boolean, ficha uuid, notas jsonb, espera interval, foto bytea)',
        "insert into tipos values (1, 9.90, '2025-01-02', '2025-01-02 15:30:45+00', true, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{}', '1 day', '\\x00')",
      ),
      MysqlServer.start('mysql'),
    ]);
    [bucket, mysql] = [made, server];
    await mysql.using('pharmavida', async (connection) => {
      await connection.query(`create table usuarios (${COLUMNS}) character set utf8mb4; insert into usuarios values ${ROW}`);
    });
    gateway = await TestGateway.start({
      bucket: bucket.name,
      database,
      pipelines: { tipos: 'job: postgresql\ndatasets:\n  tipos:\n', postgresql: `job: postgresql\n${SENSITIVE}`, mysql: `job: mysql\n${SENSITIVE}` },
      environment: mysql.environment,
    });
    documented = await Documented.of(gateway);
  }, 180_000);

  afterAll(async () => {
    await gateway.stop();
    await mysql.stop();
  });

  /** A plan, as it is documented. */
  async function plan(pipeline: string): Promise<Planned> {
    const { status, text } = await documented.request('POST', `/api/ingesta/${pipeline}/plan`);
    expect(status).toBe(200);
    return JSON.parse(text) as Planned;
  }

  async function run(pipeline: string): Promise<Manifest> {
    const { status, body } = await gateway.post(pipeline);
    expect(status).toBe(200);
    await nothingLeft(gateway.installation, bucket);
    return JSON.parse(await bucket.text(keyOf(String(body['manifest'])))) as Manifest;
  }

  test('shows the types of the manifest beside the source’s own, and writes nothing', async () => {
    const before = await bucket.keys();
    const { datasets } = await plan('tipos');
    const columns = [
      { name: 'n', type: 'integer', sourceType: 'bigint' },
      { name: 'precio', type: 'number', sourceType: 'numeric(12,2)' },
      { name: 'alta', type: 'date', sourceType: 'date' },
      { name: 'visto', type: 'datetime', format: 'any', sourceType: 'timestamp with time zone' },
      { name: 'activo', type: 'boolean', sourceType: 'boolean' },
      { name: 'ficha', type: 'string', format: 'uuid', sourceType: 'uuid' },
      { name: 'notas', type: 'any', sourceType: 'jsonb' },
      { name: 'espera', type: 'duration', sourceType: 'interval' },
      { name: 'foto', type: 'string', sourceType: 'bytea' },
    ];
    expect(datasets['tipos']?.columns.map(({ name, ...column }) => ({ name, ...only(column) }))).toEqual(columns);
    expect(await bucket.keys()).toEqual(before);
    expect(await bucket.uploads()).toEqual([]);
    await nothingLeft(gateway.installation, bucket);

    const manifest = await run('tipos');
    expect(resourceOf(manifest, 'tipos')?.schema?.fields.map(({ name, ...field }) => ({ name, ...only(field) }))).toEqual(columns);
  });

  test("the manifest's image is the one that Docker has", async () => {
    const { Id } = await docker.getImage(`${TEST_IMAGE_PREFIX}-postgresql:latest`).inspect();
    expect(await run('tipos')).toMatchObject({ jobImage: Id });
  });

  test.each(['postgresql', 'mysql'])('of %s leaves columns out that Spanish names passwords or tokens by, and only those', async (pipeline) => {
    const { datasets } = await plan(pipeline);
    expect(Object.fromEntries(Object.entries(datasets).map(([name, { omittedColumns }]) => [name, omittedColumns]))).toEqual(NAMED);
    expect(datasets['usuarios']?.columns.map(({ name }) => name)).toEqual(['id', 'nombre', 'clave_producto']);

    const manifest = await run(pipeline);
    expect(Object.fromEntries(manifest.resources.map(({ name, ...more }) => [name, more['omittedColumns']]))).toEqual(NAMED);
    const texts = await Promise.all(manifest.resources.map(async ({ name, path }) => [name, await bucket.text(String(path))]));
    expect(Object.fromEntries(texts)).toEqual({
      usuarios: 'id,nombre,clave_producto\n1,Zoë,K-1\n',
      consulta: 'id,nombre,clave_producto\n1,Zoë,K-1\n',
      // Who names a column wants it.
      nombrada: 'token_api,id\ncanary-c3,1\n',
    });
  });
});

/** The part of a column that a plan and a manifest have in common. */
function only({ type, format, sourceType }: Record<string, unknown>): Record<string, unknown> {
  return { type, ...(format === undefined ? {} : { format }), sourceType };
}
