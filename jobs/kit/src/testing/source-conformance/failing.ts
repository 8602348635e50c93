import type { DatasetOptions } from '../../options/dataset-options.ts';
import { Losses } from '../../losses.ts';
import { describe, expect, test } from '@jest/globals';
import { type Bench, drain, refusal, rows } from './parts.ts';

/** What goes wrong has a code and a sentence that names the mend. */
export function failing<Dataset extends DatasetOptions>(bench: Bench<Dataset>): void {
  describe('failing', () => {
    const SECRET = 'canary-wrong-password-5d1f';

    test('a wrong password is refused, names its variable, and is not shown', async () => {
      const { password } = bench.parts.variables;
      const refused = await refusal(bench.open(await bench.parts.createDatabase(), { [password]: SECRET }));
      expect(refused).toEqual({ code: 'SOURCE_REFUSED', message: expect.stringContaining(password) });
      expect(refused.message).not.toContain(SECRET);
    });

    test('a port that nobody listens on: unreachable, with host, port and network to look at', async () => {
      const { host, port } = bench.parts.variables;
      const refused = await refusal(bench.open(await bench.parts.createDatabase(), { [port]: '1' }));
      expect(refused.code).toBe('SOURCE_UNREACHABLE');
      for (const word of [host, port, 'DOCKER_NETWORK']) expect(refused.message).toContain(word);
    }, 60_000);

    test('a host that does not exist is unreachable', async () => {
      const { host } = bench.parts.variables;
      const refused = await refusal(bench.open(await bench.parts.createDatabase(), { [host]: 'nobody.invalid' }));
      expect(refused).toEqual({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('nobody.invalid') });
    }, 60_000);

    test('settings that are missing or wrong are all named', async () => {
      const { host, port } = bench.parts.variables;
      const refused = await refusal(bench.open('x', { [host]: '', [port]: 'many' }));
      expect(refused.code).toBe('CONFIG_INVALID');
      for (const word of [host, port]) expect(refused.message).toContain(word);
    });

    test('a server that is killed mid-stream: the connection is lost, closing does not hang, and the next session reads it all', async () => {
      const database = await bench.table('larga', rows(64_000, 1_000));
      const opened = await bench.open(database);
      const chunks = (await bench.plan(opened, 'larga', ['id', 'texto'])).read(new Losses('dataset', false))[Symbol.asyncIterator]();
      await chunks.next();
      await bench.parts.kill();
      const lost = await refusal(
        (async () => {
          for (let next = await chunks.next(); next.done !== true; next = await chunks.next());
        })(),
      );
      expect(lost.code).toBe('SOURCE_LOST');
      await opened.session.close();
      expect((await refusal(bench.open(database))).code).toBe('SOURCE_UNREACHABLE');
      await bench.parts.restart();
      const again = await bench.open(database);
      expect((await drain((await bench.plan(again, 'larga', ['id', 'texto'])).read(new Losses('dataset', false)))).rows).toBe(64_000);
    }, 180_000);
  });
}
