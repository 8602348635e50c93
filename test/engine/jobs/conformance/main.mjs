import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

// The fixture job of the engines' conformance suite: does what ACT says. Without a dependency, so that any image with Node runs it.

const MIB = 1024 * 1024;
const say = (text) => write(1, `${text}\n`);
const cry = (text) => write(2, `${text}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes all, waiting where the pipe is full. */
function write(fd, data) {
  const bytes = Buffer.from(data);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function attempt(action) {
  try {
    action();
    return 'ok';
  } catch (error) {
    return error.code;
  }
}

const ACTS = {
  exit: () => process.exit(Number(process.env.STATUS)),
  both() {
    say('out 1');
    cry('err 1');
    say('out 2');
    cry('err 2');
  },
  burst() {
    let text = '';
    for (let line = 0; line < Number(process.env.LINES); line++) text += `${String(line).padStart(8, '0')} ${'é'.repeat(20)}\n`;
    write(1, `${text}{"type":"last"}\n`);
    process.exit(0);
  },
  unfinished: () => write(1, 'no line end'),
  flood() {
    for (let block = 0; block < Number(process.env.MIB); block++) write(1, Buffer.alloc(MIB, `${block} `));
    if (process.env.LAST) say('\n{"type":"last"}');
  },
  environment: () => say(JSON.stringify(process.env)),
  async secrets() {
    for await (const line of createInterface({ input: process.stdin })) {
      if (!line.startsWith('{"type":"secrets"')) continue;
      cry(JSON.stringify({ type: 'log', level: 'info', message: 'secrets received', event: 'secrets-received' }));
      say(JSON.stringify(JSON.parse(line).values));
      process.exit(0);
    }
  },
  async lines() {
    let left = Number(process.env.COUNT);
    if (process.env.TICKS) {
      let tick = 0;
      setInterval(() => cry(`tick ${tick++}`), 20);
    }
    say('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === '') continue;
      say(`got ${line}`);
      if (--left === 0) process.exit(0);
    }
  },
  async polite() {
    process.on('SIGTERM', () => {
      say('stopping');
      setTimeout(() => {
        say('{"type":"last"}');
        process.exit(143);
      }, 200);
    });
    say('ready');
    await sleep(60_000);
  },
  async stubborn() {
    process.on('SIGTERM', () => say('ignored'));
    say('ready');
    await sleep(60_000);
  },
  async grandchild() {
    // Inherits both streams, so that the pipes stay open while it lives.
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: ['ignore', 'inherit', 'inherit'] });
    await new Promise((resolve) => child.once('spawn', resolve));
    say('started');
    process.exit(0);
  },
  async numbers() {
    for (let number = 0; number < Number(process.env.COUNT); number++) {
      say(`number ${number}`);
      await sleep(Number(process.env.EVERY_MS));
    }
    say('{"type":"last"}');
    process.exit(Number(process.env.STATUS ?? 0));
  },
  async allocate() {
    const held = [];
    for (let mib = 4; mib <= 512; mib += 4) {
      held.push(Buffer.alloc(4 * MIB, 1));
      say(`${mib} MiB`);
      await sleep(1);
    }
  },
  async threads() {
    // Node may end, or wait for ever, when the kernel refuses it a thread; what it had so far is told.
    setTimeout(() => process.exit(0), 10_000);
    for (let started = 1; started <= 40; started++) {
      const worker = new Worker('setTimeout(() => {}, 60000)', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } });
      worker.once('error', () => process.exit(0));
      await new Promise((resolve) => worker.once('online', resolve));
      say(`${started} threads`);
    }
    process.exit(0);
  },
  spin() {
    const since = performance.now();
    const before = process.cpuUsage();
    while (performance.now() - since < 2000);
    const { user, system } = process.cpuUsage(before);
    say(JSON.stringify({ share: (user + system) / 1000 / (performance.now() - since) }));
  },
  look() {
    const status = Object.fromEntries(
      readFileSync('/proc/self/status', 'utf8')
        .split('\n')
        .map((line) => line.split(/:\s*/)),
    );
    const writes = Object.fromEntries(['/app/x', '/x', '/etc/x', '/tmp/x'].map((path) => [path, attempt(() => writeFileSync(path, 'x'))]));
    writes['/tmp/too-much'] = attempt(() => writeFileSync('/tmp/too-much', Buffer.alloc(16 * MIB)));
    writeFileSync('/tmp/too-much', '');
    writeFileSync('/tmp/program', '#!/bin/true\n');
    chmodSync('/tmp/program', 0o755);
    const tmpMount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === '/tmp');
    const core = /^Max core file size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    spawn('/tmp/program').once('error', ({ code }) => {
      writes['/tmp/program'] = code;
      say(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), status, writes, tmpMount, core }));
    });
  },
};

await ACTS[process.env.ACT]();
