import { otherEntries } from './rows/entries.ts';
import { openEntries } from './rows/open-entries.ts';
import { standing } from './rows/standing.ts';
import { buildImages } from './support/images.ts';
import { playAll } from './support/suite.ts';

buildImages();

// Attacks that the catalogue, the schemas and the bounds hold off without any key.
playAll('A stranger in the bucket of a gateway without LEDGER_KEY', [...openEntries(false), ...otherEntries(false), ...standing(false)], {
  name: 'hostile-unsealed',
  environment: { LEDGER_KEY: undefined },
});
