import { spawn } from 'node:child_process';
import type { Log } from './command.ts';

const FIRST_WORD_MS = 8_000;

let silent = process.env['ESCLUSA_NO_REGISTRY'] === '1';

/**
 * Lets the engine pull an image; resolves with false where no registry answers (or has it). The engine's own way out is
 * what counts, not this process's; so the pull itself is the probe, given up if its first word is not there in 8 seconds.
 */
export function pull(image: string, log: Log): Promise<boolean> {
  if (silent) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['pull', image], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), FIRST_WORD_MS);
    child.stdout.once('data', () => {
      clearTimeout(timer);
      log(`pulling ${image}`);
    });
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve(true);
      const why = errors.trim().split('\n').at(-1) || `no answer within ${FIRST_WORD_MS / 1000} s`;
      // An image that a registry refuses says nothing about the next one; a registry that is not there does.
      if (!/denied|not found|manifest unknown|unauthorized|toomanyrequests/i.test(why)) silent = true;
      log(`${image} cannot be pulled (${why.slice(0, 160)})`);
      resolve(false);
    });
  });
}
