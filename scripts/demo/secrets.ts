import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

// The demo's secrets as files, so that no variable of its gateway holds one. In the project and not in /tmp, whose names anybody may take.
const FOLDER = new URL('../../.cache/demo-secrets', import.meta.url).pathname;
/** Folder of the secrets in the gateway's container. */
const INSIDE = '/run/secrets';

/** Mounts and variables that give a container its secrets. */
export interface MountedSecrets {
  /** File by file: a container's user may not enter the folder either. */
  readonly binds: readonly string[];
  /** `X_FILE` for each variable `X`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Writes one file for each secret variable: in a folder that only its owner enters, readable to whatever user a container has. */
export async function writeSecrets(secrets: Readonly<Record<string, string>>): Promise<MountedSecrets> {
  await removeSecrets();
  await mkdir(dirname(FOLDER), { recursive: true });
  await mkdir(FOLDER, { mode: 0o700 });
  const binds: string[] = [];
  const environment: Record<string, string> = {};
  for (const [variable, value] of Object.entries(secrets)) {
    const file = join(FOLDER, variable.toLowerCase());
    const inside = `${INSIDE}/${variable.toLowerCase()}`;
    await writeFile(file, value);
    await chmod(file, 0o444);
    binds.push(`${file}:${inside}:ro`);
    environment[`${variable}_FILE`] = inside;
  }
  return { binds, environment };
}

/** Removes them, also those of a demo that was killed. */
export async function removeSecrets(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
}

/** A secret that nobody has to know. */
export const randomSecret = (): string => randomBytes(32).toString('hex');
