import { readFileSync } from 'node:fs';
import { connectionOf, DATABASES } from './databases.ts';
import { DemoS3 } from './s3.ts';
import { BUCKET } from './stage.ts';

// Fills what `docker-compose --profile demo up -d` has started: the bucket, which its S3 starts without, and the data of the
// databases that have not loaded theirs. Through their ports on loopback; names as in .env, secrets as ./make-secrets.sh made them.
const bucket = process.env['AWS_BUCKET_NAME'] || BUCKET;

const tasks: Record<string, () => Promise<string>> = {
  S3: async () => {
    const s3 = new DemoS3('http://127.0.0.1:9000', { accessKeyId: 'esclusa', secretAccessKey: secret('s3_secret_key') });
    await s3.prepare(bucket);
    await s3.restrict(bucket);
    return `the bucket ${bucket}`;
  },
};
for (const database of DATABASES) {
  tasks[database.label] = async () => {
    const password = secret(`${database.prefix.toLowerCase()}_password`);
    const connection = { ...connectionOf(database, process.env), host: '127.0.0.1', port: database.port, password };
    return `${await database.load(connection)} ${database.counted}`;
  };
}

await Promise.all(
  Object.entries(tasks).map(async ([name, task]) => {
    try {
      console.log(`${name} has ${await task()}`);
    } catch (error) {
      console.error(`${name} could not be loaded: ${(error as Error).message} (it has to run: docker-compose --profile demo up -d)`);
      process.exitCode = 1;
    }
  }),
);

function secret(name: string): string {
  try {
    return readFileSync(new URL(`../../secrets/${name}`, import.meta.url), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`secrets/${name} cannot be read (${code}); make it first: ./make-secrets.sh --demo`, { cause: error });
  }
}
