import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { isInstalled } from '../../scripts/setup/command.ts';
import { daemonEnvironment, isUnderSystemd } from '../../scripts/setup/docker.ts';
import { clearStalePidFile } from '../../scripts/setup/stale-pid.ts';
import { docker, eventually } from './docker.ts';
import { hostAddress } from './s3-recorder.ts';
import { SESSION_LABEL, session } from './stack.ts';

const START_SECONDS = 60;

/**
 * A Docker daemon of a test's own beside the one that all share, so that it can be restarted without taking anybody's containers along.
 * Its containers reach this host as host.docker.internal and nothing else: it leaves the host's packet filter alone, and its bridge is
 * one that the shared daemon made for it (without any it would take the shared daemon's bridge away).
 */
export class OwnDaemon {
  /** What DOCKER_HOST is to be. */
  readonly host: string;
  readonly docker: Docker;
  /** The network that its jobs are to be on. */
  readonly network = 'bridge';
  readonly #folder: string;
  readonly #address: string;
  readonly #bridge: string;
  #child: ChildProcess | undefined;

  private constructor(folder: string, address: string, bridge: string) {
    const socketPath = join(folder, 'docker.sock');
    this.host = `unix://${socketPath}`;
    this.docker = new Docker({ socketPath });
    this.#folder = folder;
    this.#address = address;
    this.#bridge = bridge;
  }

  /** Whether one may be started here: by root, and where no service manager looks after Docker, so that it is not somebody's own. */
  static get isPossible(): boolean {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
    return !isUnderSystemd() && isInstalled('dockerd');
  }

  static async start(): Promise<OwnDaemon> {
    // Names of interfaces have fifteen characters at most.
    const bridge = `esc-${randomBytes(4).toString('hex')}`;
    await docker.createNetwork({ Name: bridge, Labels: { [SESSION_LABEL]: session() }, Options: { 'com.docker.network.bridge.name': bridge } });
    const daemon = new OwnDaemon(await mkdtemp(join(tmpdir(), 'esclusa-docker-')), await hostAddress(), bridge);
    await daemon.#up();
    return daemon;
  }

  /** Copies an image of the shared daemon. */
  async load(image: string): Promise<void> {
    const progress = await this.docker.loadImage(await docker.getImage(image).get());
    progress.resume();
    await once(progress, 'end');
  }

  /** Ends the daemon by a signal, and starts it again. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.#down(signal);
    await this.#up();
  }

  async stop(): Promise<void> {
    await this.#down('SIGTERM');
    await docker.getNetwork(this.#bridge).remove();
    // The daemon that was killed had mounted it on itself, as the next one has.
    while (spawnSync('umount', [join(this.#folder, 'data')]).status === 0);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #up(): Promise<void> {
    const [log, at] = [join(this.#folder, 'log'), (name: string): string => join(this.#folder, name)];
    // A killed daemon takes its containerd along, whose pid file then keeps the next one from starting.
    clearStalePidFile(at('pid'), 'dockerd');
    clearStalePidFile(at('exec/containerd/containerd.pid'), 'containerd', [at('exec/containerd/containerd.sock'), at('exec/containerd/containerd.sock.ttrpc')]);
    const output = openSync(log, 'a');
    const flags = {
      host: this.host,
      'data-root': at('data'),
      'exec-root': at('exec'),
      pidfile: at('pid'),
      // Apart from the shared daemon also if the two share a containerd.
      'containerd-namespace': 'esclusa-test',
      'containerd-plugins-namespace': 'esclusa-test-plugins',
      bridge: this.#bridge,
      iptables: 'false',
      ip6tables: 'false',
      'host-gateway-ip': this.#address,
    };
    const child = spawn(
      'dockerd',
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['ignore', output, output], env: daemonEnvironment() },
    );
    closeSync(output);
    this.#child = child;
    await eventually('a Docker daemon of our own', () => this.docker.ping().then(Boolean, () => child.exitCode !== null), START_SECONDS);
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}:\n${readFileSync(log, 'utf8').slice(-3_000)}`);
  }

  async #down(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}
