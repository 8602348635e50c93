import { EXHAUSTION } from './rows/exhaustion.ts';
import { FLOODS } from './rows/floods.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages();

playAll('A job that floods', FLOODS, { name: 'hostile-floods' });
playAll('A job that exhausts', EXHAUSTION, { name: 'hostile-exhausts' });
