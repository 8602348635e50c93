import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { canInstall, install } from './apt.ts';
import { ask, isInstalled, type Log, run } from './command.ts';
import { clearStalePidFile, readPidFile } from './stale-pid.ts';

const PID_FILE = '/var/run/docker.pid';
const CONTAINERD_PID_FILE = '/var/run/docker/containerd/containerd.pid';
const CONTAINERD_SOCKETS = ['/var/run/docker/containerd/containerd.sock', '/var/run/docker/containerd/containerd.sock.ttrpc'];
const DAEMON_LOG = '/var/log/esclusa-dockerd.log';
const START_TIMEOUT_MS = 90_000;
const QUESTION_TIMEOUT_MS = 10_000;
const TAIL_LINES = 15;

const HOW_TO = 'Install Docker Engine (https://docs.docker.com/engine/install/) and start it, or let DOCKER_HOST name one that runs.';

/** Sees to it that a Docker daemon answers: uses the one that runs, or starts it, or installs it where that is possible. */
export async function ensureDocker(log: Log): Promise<void> {
  const version = await serverVersion();
  if (version !== undefined) return;
  const host = process.env['DOCKER_HOST'];
  if (host !== undefined && host !== '') throw new Error(`the Docker daemon at DOCKER_HOST=${host} does not answer: start it, or unset DOCKER_HOST`);
  if (process.platform !== 'linux') throw new Error(`no Docker daemon answers. Start Docker Desktop. ${HOW_TO}`);
  await ensureInstalled(log);
  // Installing may have started it already.
  if ((await serverVersion()) !== undefined) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      'no Docker daemon answers, and this user may not start one: start it (sudo systemctl start docker), and join its group (sudo usermod -aG docker $USER)',
    );
  }
  await start(log);
}

async function ensureInstalled(log: Log): Promise<void> {
  const missing = [
    ...(isInstalled('dockerd') ? [] : ['docker.io']),
    ...(isInstalled('iptables') ? [] : ['iptables']),
    ...(isInstalled('docker') ? [] : ['docker.io']),
  ];
  if (missing.length === 0) return;
  if (!canInstall()) throw new Error(`no Docker daemon answers (missing: ${missing.join(', ')}). ${HOW_TO}`);
  await install([...new Set(missing)], log);
  // Debian 13 keeps the client in a package of its own.
  if (!isInstalled('docker')) await install(['docker-cli'], log);
}

async function start(log: Log): Promise<void> {
  if (isUnderSystemd()) {
    log('starting Docker (systemctl)');
    await run(['systemctl', 'start', 'docker']);
    return untilAnswers(() => undefined, 'see journalctl -u docker');
  }
  if (readPidFile(PID_FILE, 'dockerd') === 'alive') {
    log('Docker is starting already; waiting for it');
    return untilAnswers(() => undefined, `dockerd runs (${PID_FILE}) but does not answer; see its log`);
  }
  clearLeftovers(log);
  log(`starting Docker (dockerd, log in ${DAEMON_LOG})`);
  const output = openSync(DAEMON_LOG, 'w');
  // In a session of its own, so that neither our end nor a Ctrl-C in our terminal reaches it.
  const daemon = spawn('dockerd', [], {
    detached: true,
    stdio: ['ignore', output, output],
    env: daemonEnvironment(),
  });
  closeSync(output);
  let ended: string | undefined;
  daemon.on('error', (error) => (ended = error.message));
  daemon.on('exit', (code, signal) => (ended = `dockerd ended (${signal ?? `exit status ${code}`})`));
  daemon.unref();
  await untilAnswers(() => ended, tailOfLog);
}

/** Whether a service manager looks after this machine's daemons. */
export function isUnderSystemd(): boolean {
  return readFileSync('/proc/1/comm', 'utf8').trim() === 'systemd';
}

/** Where dockerd finds its helpers, whoever starts it. */
export function daemonEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
}

/** Removes what a killed daemon left behind and what would keep a new one from starting; containers of its life it clears itself. */
function clearLeftovers(log: Log): void {
  if (clearStalePidFile(PID_FILE, 'dockerd') === 'stale') log(`removed ${PID_FILE}: its daemon is dead`);
  // A containerd that outlived its dockerd is taken over by the new one, and is left alone here.
  if (clearStalePidFile(CONTAINERD_PID_FILE, 'containerd', CONTAINERD_SOCKETS) === 'stale') log(`removed ${CONTAINERD_PID_FILE}: its daemon is dead`);
}

async function untilAnswers(hasEnded: () => string | undefined, explain: string | (() => string)): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  let ended: string | undefined;
  while (ended === undefined && performance.now() < deadline) {
    await sleep(250);
    if ((await serverVersion()) !== undefined) return;
    ended = hasEnded();
  }
  const why = typeof explain === 'string' ? explain : explain();
  throw new Error(`Docker did not start: ${ended ?? `no answer within ${START_TIMEOUT_MS / 1000} s`}\n${why}`);
}

function tailOfLog(): string {
  if (!existsSync(DAEMON_LOG)) return '';
  const lines = readFileSync(DAEMON_LOG, 'utf8').trim().split('\n');
  return `${lines.slice(-TAIL_LINES).join('\n')}\n(the whole log is in ${DAEMON_LOG})`;
}

/** Version of the daemon that answers, or undefined. */
async function serverVersion(): Promise<string | undefined> {
  if (!isInstalled('docker')) return undefined;
  const answer = await ask(['docker', 'version', '--format', '{{.Server.Version}}'], { timeoutMs: QUESTION_TIMEOUT_MS });
  return answer === undefined || answer.trim() === '' ? undefined : answer.trim();
}
