import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ensureImage } from '../../scripts/setup/images.ts';
import { LOGIN } from '../lab/names.ts';
import { NESTED_COLUMNS } from '../nested-documents.ts';
import type { Peer } from './peer.ts';
import { rcloneEnvironment, toS3 } from './rclone.ts';

/** Where a MongoDB is, and whether it asks who one is. */
export interface MongoAddress {
  readonly host: string;
  readonly port: number;
  readonly login: boolean;
}

const INSIDE = '/usr/local/bin/mongoexport';

/** MongoDB's own exporter, the program that MONGOEXPORT names or the PATH has; or why there is none. */
export async function mongoexport({ host, port, login }: MongoAddress): Promise<Peer | { missing: string }> {
  const program = findProgram();
  if (program === undefined) return { missing: 'no registry that this project uses has it: name a static build in MONGOEXPORT, or have it on the PATH' };
  const as = login ? ` --username ${LOGIN.user} --password "$MONGO_PASSWORD" --authenticationDatabase admin` : '';
  return {
    name: 'mongoexport --type=csv | rclone rcat',
    image: await ensureImage('peers', console.error),
    binds: [`${program}:${INSIDE}:ro`],
    script: (copy) =>
      `${INSIDE} --quiet --host ${host} --port ${port}${as} --db ${LOGIN.database} --collection ${copy.table.name} --type=csv --fields=${NESTED_COLUMNS.join(',')} | ${toS3(copy)}`,
    environment: (copy) => ({ ...rcloneEnvironment(copy), MONGO_PASSWORD: LOGIN.password }),
  };
}

function findProgram(): string | undefined {
  const named = process.env['MONGOEXPORT'];
  const candidates = named === undefined || named === '' ? (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'mongoexport')) : [named];
  return candidates.map((path) => resolve(path)).find((path) => existsSync(path));
}
