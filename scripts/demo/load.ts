import { connectionOf, DATABASES } from './databases.ts';
import { DemoS3 } from './s3.ts';
import { BUCKET } from './stage.ts';

// Fills what `docker-compose --profile demo up -d` has started: the bucket, which its S3 starts without, and the data of the
// databases that have not loaded theirs. Through their ports on loopback; names and passwords as in .env.
const bucket = process.env['AWS_BUCKET_NAME'] || BUCKET;
const s3 = new DemoS3('http://127.0.0.1:9000', {
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] || 'esclusa',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] || 'esclusa-secret',
});

const tasks: Record<string, () => Promise<string>> = {
  S3: async () => {
    await s3.prepare(bucket);
    return `the bucket ${bucket}`;
  },
};
for (const database of DATABASES) {
  tasks[database.label] = async () => {
    const connection = { ...connectionOf(database, process.env), host: '127.0.0.1', port: database.port };
    return `${await database.load(connection)} ${database.counted}`;
  };
}

await Promise.all(
  Object.entries(tasks).map(async ([name, task]) => {
    try {
      console.log(`${name} has ${await task()}`);
    } catch (error) {
      console.error(`${name} could not be loaded: ${(error as Error).message}; start it first: docker-compose --profile demo up -d`);
      process.exitCode = 1;
    }
  }),
);
