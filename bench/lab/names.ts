/** Names of the benchmark's containers, apart from those of the smaller benchmarks, so that both may run on one host. */
export const NETWORK = 'esclusa-bench-all';
/** Label of all that it starts. */
export const LABEL = 'esclusa.bench.all';
/** Bucket that everything goes to. */
export const BUCKET = 'bench';
/** Keys of every S3 of a benchmark. */
export const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
/** User, password and database of every server of a benchmark. */
export const LOGIN = { user: 'bench', password: 'bench', database: 'bench' };

/** The full name of one of its containers, as its host too: so without underscores, which some clients refuse in a URL. */
export function containerName(short: string): string {
  return `${NETWORK}-${short.replaceAll('_', '-')}`;
}
/** How a pipeline names the password, which stands in the gateway's environment. */
export const PASSWORD = '${LAB_PASSWORD}';
