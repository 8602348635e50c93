import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { docker } from './docker.ts';
import { STACK_FILE_VARIABLE } from './stack.ts';

/** Stops what the set-up started, then fails the suite if any container or network that tests started is still there. */
export default async function tearDown(): Promise<void> {
  const running = globalThis.esclusaRunning;
  for (const container of running?.containers ?? []) await container.stop();
  await running?.network.stop();
  const file = process.env[STACK_FILE_VARIABLE];
  if (file !== undefined) rmSync(dirname(file), { recursive: true });

  const labels = ['org.testcontainers=true', 'esclusa.installation'];
  const left: string[] = [];
  for (const label of labels) {
    for (const { Names, Labels } of await docker.listContainers({ all: true, filters: { label: [label] } })) {
      const installation = Labels['esclusa.installation'];
      // Somebody may be running a demo beside the tests; only what tests start is ours to judge.
      if (installation === undefined || /^(test|conformance)-/.test(installation)) left.push(`container ${Names.join()}`);
    }
    for (const { Name } of await docker.listNetworks({ filters: { label: [label] } })) left.push(`network ${Name}`);
  }
  if (left.length > 0) throw new Error(`the tests left behind: ${left.join(', ')}`);
}
