import { FORGERIES } from './rows/forgeries.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages();

playAll('A job that forges', FORGERIES, { name: 'hostile-forges' });
