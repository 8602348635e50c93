import type { Log } from '../../scripts/setup/command.ts';
import { LOGIN, containerName } from '../lab/names.ts';
import { clientImage } from './image.ts';
import type { Peer } from './peer.ts';
import { rcloneEnvironment, toS3 } from './rclone.ts';

/** PostgreSQL's own client: COPY to CSV. */
export async function psql(log: Log): Promise<Peer> {
  return {
    name: 'psql \\copy | rclone rcat',
    image: await clientImage('postgres', log),
    script: (copy) => `psql -X -q -c "\\copy (select * from ${copy.table.name}) to stdout with (format csv, header)" | ${toS3(copy)}`,
    environment: (copy) => ({
      ...rcloneEnvironment(copy),
      PGHOST: containerName('postgresql'),
      PGUSER: LOGIN.user,
      PGPASSWORD: LOGIN.password,
      PGDATABASE: LOGIN.database,
      PGSSLMODE: 'disable',
    }),
  };
}
