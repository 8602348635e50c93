import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Sayable, secretsOf } from './sayable.ts';

describe('what a job tells of others', () => {
  test('is bounded, and keeps its beginning and its end', () => {
    const said = new Sayable().text(`can't connect: ${'x'.repeat(1_000_000)}; check MYSQL_HOST`);
    expect(said.length).toBeLessThan(4_100);
    expect(said).toMatch(/^can't connect: x+ … \(996\d{3} characters left out\) … x+; check MYSQL_HOST$/);
    expect(new Sayable().text('x'.repeat(4_000))).toHaveLength(4_000);
  });

  test('acts on no terminal, and keeps lines', () => {
    expect(new Sayable().text('a\u001b[2Jb\u0007\r\u009b31m\u202ec\n\td')).toBe('a\ufffd[2Jb\ufffd\ufffd\ufffd31m\ufffdc\n\td');
  });

  test('holds no secret, whole or cut, as it is or in a URL', () => {
    const secret = 'canary-contraseña "1" 9c2e';
    fc.assert(
      fc.property(fc.nat(8_000), fc.nat(8_000), (before, behind) => {
        const sayable = new Sayable();
        sayable.hide([secret, 'abc', '']);
        const said = sayable.text(`${'.'.repeat(before)}${secret} abc ${encodeURIComponent(secret)}${'.'.repeat(behind)}`);
        expect(said).not.toMatch(/canary|contrase|9c2e/);
      }),
    );
  });

  test('has fields that are bounded and masked too', () => {
    const sayable = new Sayable();
    sayable.hide(['canary-1']);
    expect(sayable.fields({ event: 'e', more: { 'canary-1': ['x canary-1'] }, n: 5 })).toEqual({ event: 'e', more: { '***': ['x ***'] }, n: 5 });
    expect(sayable.fields({ event: 'e', columns: Array.from({ length: 100_000 }, () => 'c') })).toMatchObject({ event: 'e', left: expect.any(String) });
  });

  test('secrets are known by the names of their settings, passwords in URLs too', () => {
    const settings = { MYSQL_PASSWORD: 'p1', AWS_SECRET_ACCESS_KEY: 's3', MONGO_URL: 'mongodb://u:p%402@h/', MYSQL_USER: 'root', MASK_SECRET: undefined };
    expect(secretsOf(settings)).toEqual(expect.arrayContaining(['p1', 's3', 'p%402', 'p@2', settings.MONGO_URL]));
    expect(secretsOf(settings)).not.toContain('root');
  });
});
