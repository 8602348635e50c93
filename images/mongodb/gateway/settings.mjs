import { hostname } from 'node:os';

/** Options of mongod that take a value; those that are not read below change nothing here. */
const WITH_VALUE = ['--replSet', '--setParameter', '--keyFile', '--bind_ip', '--dbpath', '--wiredTigerCacheSizeGB'];
const WITHOUT_VALUE = ['--auth', '--bind_ip_all', '--quiet'];
const SNAPSHOT_WINDOW = 'minSnapshotHistoryWindowInSeconds';

/**
 * Reads mongod's arguments and the official image's variables. Throws a sentence on what this server has not.
 * @returns {{port: number, replSet?: string, self: string, auth: boolean, rootUser?: string, rootPassword?: string, snapshotSeconds: number}}
 */
export function readSettings(argv, env) {
  const options = parse(argv);
  const rootUser = env.MONGO_INITDB_ROOT_USERNAME || undefined;
  const rootPassword = env.MONGO_INITDB_ROOT_PASSWORD || undefined;
  if ((rootUser === undefined) !== (rootPassword === undefined)) {
    throw new Error('MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD go together: set both, or neither');
  }
  const [parameter, value] = (options.get('--setParameter') ?? `${SNAPSHOT_WINDOW}=300`).split('=');
  if (parameter !== SNAPSHOT_WINDOW || !(Number(value) > 0)) throw new Error(`--setParameter ${parameter}: only ${SNAPSHOT_WINDOW}=<seconds> is known here`);
  return {
    port: 27017,
    replSet: options.get('--replSet') ?? (env.ESCLUSA_REPLSET || undefined),
    self: `${hostname()}:27017`,
    auth: rootUser !== undefined || options.has('--auth'),
    rootUser,
    rootPassword,
    snapshotSeconds: Number(value),
  };
}

function parse(argv) {
  const options = new Map();
  const rest = argv[0] === 'mongod' ? argv.slice(1) : [...argv];
  while (rest.length > 0) {
    const [name, ...given] = rest.shift().split('=');
    if (WITHOUT_VALUE.includes(name)) options.set(name, '');
    else if (WITH_VALUE.includes(name)) options.set(name, given.length > 0 ? given.join('=') : (rest.shift() ?? ''));
    else throw new Error(`${name} is not known here: this stands in for mongod with ${[...WITH_VALUE, ...WITHOUT_VALUE].join(', ')}`);
  }
  return options;
}
