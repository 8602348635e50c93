import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { docker } from './docker.ts';
import { SESSION_LABEL, STACK_FILE_VARIABLE, session } from './stack.ts';

/** Stops what the set-up started, then fails the suite if any container or network that tests started is still there. */
export default async function tearDown(): Promise<void> {
  const running = globalThis.esclusaRunning;
  for (const container of running?.containers ?? []) await container.stop();
  await running?.network.stop();
  const file = process.env[STACK_FILE_VARIABLE];
  if (file !== undefined) rmSync(dirname(file), { recursive: true });

  const left: string[] = [];
  for (const { Names, Labels } of await docker.listContainers({ all: true })) {
    // Somebody may be running a demo, or this very suite, beside us; only what these tests started is ours to judge.
    const ours = Labels[SESSION_LABEL] === session() || Labels['esclusa.installation']?.includes(`-${session()}-`);
    if (ours === true) left.push(`container ${Names.join()}`);
  }
  if (left.length > 0) throw new Error(`the tests left behind: ${left.join(', ')}`);
}
