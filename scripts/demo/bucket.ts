import { DemoS3 } from './pharmavida.ts';

// Creates the bucket in the S3 of `docker-compose --profile demo`, which starts without any. Settings as in .env.
const { AWS_BUCKET_NAME = 'pharmavida-ingesta', AWS_ACCESS_KEY_ID = 'esclusa', AWS_SECRET_ACCESS_KEY = 'esclusa-secret' } = process.env;
const endpoint = 'http://127.0.0.1:9000';
try {
  await new DemoS3(endpoint, { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }).prepare(AWS_BUCKET_NAME);
  console.log(`the bucket ${AWS_BUCKET_NAME} is there (${endpoint})`);
} catch (error) {
  console.error(`the bucket could not be created: ${(error as Error).message}; start S3 first: docker-compose --profile demo up -d`);
  process.exitCode = 1;
}
