// Takes all that there is, or does not let go.
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { commit, honestManifest, writeFiles } from './publish.mjs';
import { leave, log, result, say, sleep, write } from './world.mjs';

const MIB = 1024 * 1024;
const forever = () => new Promise(() => setInterval(() => {}, 1_000));

async function fill(folder) {
  try {
    for (let n = 0; n < 4_096; n++) writeFileSync(`${folder}/${n}`, Buffer.alloc(MIB));
    await say({ type: 'error', code: 'NO_BOUND', message: `wrote 4 GiB to ${folder}`, retryable: false });
  } catch (error) {
    await say({ type: 'error', code: 'SCRATCH_FULL', message: `${folder}: ${error.code}`, retryable: false });
  }
  leave(78);
}

function start() {
  return new Promise((resolve) => {
    spawn('sleep', ['60'])
      .once('spawn', () => resolve(true))
      .once('error', () => resolve(false));
  });
}

/** Behaviours by name, each a way for a job to use up resources or time. */
export const exhaustion = {
  memory: () => {
    const held = [];
    for (;;) held.push(Buffer.alloc(8 * MIB, 1));
  },
  processes: async () => {
    const started = [];
    for (let n = 0; n < 200; n++) started.push(await start());
    const message = `${started.filter(Boolean).length} of ${started.length} started`;
    await say({ type: 'error', code: started.includes(false) ? 'PIDS_BOUNDED' : 'NO_BOUND', message, retryable: false });
    leave(78);
  },
  tmp: () => fill('/tmp'),
  shm: () => fill('/dev/shm'),
  descriptors: async () => {
    const held = [];
    try {
      for (let n = 0; n < 300_000; n++) held.push(openSync('/dev/null'));
    } catch (error) {
      for (const descriptor of held) closeSync(descriptor);
      await say({ type: 'error', code: 'FILES_BOUNDED', message: `${held.length} ${error.code}`, retryable: false });
      leave(78);
    }
    await say({ type: 'error', code: 'NO_BOUND', message: String(held.length), retryable: false });
    leave(78);
  },
  spin: () => {
    for (;;);
  },
  deaf: () => forever(),
  sleep: async ({ seconds = 60 }, known) => {
    await sleep(seconds * 1_000);
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    leave();
  },
  forever: () => forever(),
  stubborn: () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => {});
    return forever();
  },
  silent: async (_options, known) => {
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    closeSync(1);
    closeSync(2);
    return forever();
  },
  talkative: async ({ kib = 1_200 }, known) => {
    await log('begin');
    const line = `${'l'.repeat(1_023)}\n`;
    for (let n = 0; n < kib; n++) await write(process.stdout, line);
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    leave();
  },
};
