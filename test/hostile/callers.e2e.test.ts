import { BROWSERS, TARGET } from './rows/browsers.ts';
import { RAW, RAW_KEY } from './rows/raw.ts';
import { READERS } from './rows/readers.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages();

const INCREMENTAL = 'job: postgresql\ndatasets:\n  productos: { incremental: { cursor: id } }\n';

playAll('A browser that is led astray', BROWSERS, {
  name: 'hostile-browsers',
  pipelines: { inc: INCREMENTAL, [TARGET]: 'job: postgresql\ndatasets:\n  productos:\n' },
});
playAll('Requests that are none', RAW, {
  name: 'hostile-raw',
  pipelines: { inc: INCREMENTAL },
  environment: { API_KEY: RAW_KEY },
  headers: { 'X-API-Key': RAW_KEY },
});
playAll('Readers that do not read', READERS, { name: 'hostile-readers', environment: { MAX_WAITING: '100' } });
