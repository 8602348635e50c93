import { describe, expect, test } from '@jest/globals';
import { EngineError } from '../engine.ts';
import { DockerTimeout, bounded } from './call.ts';
import { engineError, isUnreachable } from './failure.ts';

const withCode = (code: string): Error => Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });
const answer = (statusCode: number, message: string): Error => Object.assign(new Error(`(HTTP code ${statusCode})`), { statusCode, json: { message } });

describe('a failure of Docker', () => {
  test.each(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])('%s: start Docker', (code) => {
    expect(engineError(withCode(code), 'listing images')).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('start Docker') });
  });

  test('EACCES: set DOCKER_GID', () => {
    expect(engineError(withCode('EACCES'), 'listing images')).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('DOCKER_GID') });
  });

  test('a missing network: named, with both ways out', () => {
    const { code, message } = engineError(answer(404, 'network datos not found'), 'starting the container');
    expect(code).toBe('NETWORK_MISSING');
    expect(message).toMatch(/"datos".*DOCKER_NETWORK.*docker network create datos/);
  });

  test("anything else: the daemon's own words", () => {
    const { code, message } = engineError(answer(500, 'no space left on device'), 'creating the container');
    expect([code, message]).toEqual(['ENGINE_FAILED', 'Docker refused (creating the container): no space left on device']);
  });

  test('a refusal of the engine stays what it is, and only silence counts as unreachable', () => {
    const refusal = new EngineError('IMAGE_MISSING', 'no image');
    expect(engineError(refusal, 'anything')).toBe(refusal);
    expect([answer(500, 'x'), new TypeError('a bug'), refusal].map(isUnreachable)).toEqual([false, false, false]);
    expect([new DockerTimeout('info', 5), new Error('socket hang up')].map(isUnreachable)).toEqual([true, true]);
  });
});

describe('bounded', () => {
  test('gives up on a call that never comes back, and aborts it', async () => {
    let aborted = false;
    const call = bounded('info', 20, (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    await expect(call).rejects.toThrow('did not answer within 20 ms (info)');
    expect(aborted).toBe(true);
  });

  test('gives up at once when it is told to, also beforehand', async () => {
    const done = new AbortController();
    const call = bounded('info', 60_000, () => new Promise(() => undefined), done.signal);
    done.abort();
    await expect(call).rejects.toBeInstanceOf(DockerTimeout);
    await expect(bounded('info', 60_000, () => new Promise(() => undefined), done.signal)).rejects.toBeInstanceOf(DockerTimeout);
  });

  test('gives what the call gives, in good and in bad', async () => {
    await expect(bounded('info', 1_000, async () => 'answer')).resolves.toBe('answer');
    await expect(bounded('info', 1_000, async () => Promise.reject(new Error('own words')))).rejects.toThrow('own words');
  });
});
