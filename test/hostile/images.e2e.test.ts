import { CANARIES, IMAGES, VARIANTS } from './rows/images.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages(VARIANTS);

playAll('A job that asks for what is not its own', IMAGES, {
  name: 'hostile-asks',
  environment: CANARIES,
  headers: { 'X-API-Key': CANARIES.API_KEY },
});
