import type { Log } from '../../scripts/setup/command.ts';
import { LOGIN, containerName } from '../lab/names.ts';
import { clientImage } from './image.ts';
import type { Peer } from './peer.ts';
import { rcloneEnvironment, toS3 } from './rclone.ts';

/** MySQL's and MariaDB's own clients: rows as lines of tab-separated text, as they come (`--quick`), over an open line as ours. */
export async function mysqlClient(server: 'mysql' | 'mariadb', log: Log): Promise<Peer> {
  const plain = server === 'mysql' ? '--ssl-mode=DISABLED --get-server-public-key' : '--skip-ssl';
  return {
    name: `${server} --quick --batch | rclone rcat`,
    image: await clientImage(server, log),
    script: (copy) =>
      `${server} ${plain} -h ${containerName(server)} -u ${LOGIN.user} --quick --batch --default-character-set=utf8mb4 -e 'select * from ${copy.table.name}' ${LOGIN.database} | ${toS3(copy)}`,
    environment: (copy) => ({ ...rcloneEnvironment(copy), MYSQL_PWD: LOGIN.password }),
  };
}
