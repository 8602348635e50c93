import { otherEntries } from './rows/entries.ts';
import { openEntries } from './rows/open-entries.ts';
import { standing } from './rows/standing.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages();

playAll('A stranger in the bucket of a gateway with LEDGER_KEY', [...openEntries(true), ...otherEntries(true), ...standing(true)], { name: 'hostile-sealed' });
