import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

// Settings that docker-compose.yml gives the gateway, and settings that it must never give it again.
interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports: readonly string[];
  readonly [key: string]: unknown;
}

const ROOT = new URL('../..', import.meta.url).pathname;
const compose = parse(readFileSync(`${ROOT}docker-compose.yml`, 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const services = Object.entries(compose.services);
const gateway = compose.services['api-gateway'];

describe('docker-compose.yml', () => {
  test.each(services)('%s gets every secret as a file that is mounted, and none as a value', (_, { environment, secrets = [] }) => {
    for (const [name, value] of Object.entries(environment)) {
      // Database passwords, keys, tokens; access key ids are names.
      if (/(PASSWORD|SECRET|SECRET_KEY|TOKEN|API_KEY|LEDGER_KEY)$/.test(name)) throw new Error(`${name} holds a secret: ${name}_FILE`);
      if (name.endsWith('_FILE')) expect(secrets.map((secret) => `/run/secrets/${secret}`)).toContain(value);
    }
    for (const secret of secrets) expect(compose.secrets[secret]?.file).toBe(`./secrets/${secret}`);
  });

  test('every secret is made by make-secrets.sh, and is in no commit', () => {
    const script = readFileSync(`${ROOT}make-secrets.sh`, 'utf8');
    for (const name of Object.keys(compose.secrets)) expect(script).toMatch(new RegExp(`^\\s*(secret ${name} |.*\\bput ${name} )`, 'm'));
    expect(readFileSync(`${ROOT}.gitignore`, 'utf8').split('\n')).toContain('/secrets/');
  });

  test('the gateway has no way around its key, no home of somebody, and is shut in', () => {
    expect(Object.keys(gateway?.environment ?? {})).not.toContain('ALLOW_INSECURE_LISTEN');
    expect(gateway?.environment['API_KEY_FILE']).toBe('/run/secrets/api_key');
    expect(gateway?.volumes).toEqual(['/var/run/docker.sock:/var/run/docker.sock', './pipelines:/app/pipelines:ro']);
    expect(gateway).toMatchObject({
      user: '65532:65532',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: '256m',
      pids_limit: 128,
    });
  });

  test("no container of the jobs' network but S3 shares one with the gateway, and every port is on loopback", () => {
    const beside = services.filter(([, { networks }]) => networks.some((network) => gateway?.networks.includes(network))).map(([name]) => name);
    expect(beside).toEqual(['api-gateway', 's3']);
    for (const [, { ports }] of services) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
