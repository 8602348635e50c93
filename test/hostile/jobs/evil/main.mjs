// Does to its gateway what its first dataset's option `do` says. Uses Node alone, as a foreign job might.
import { asks } from './asks.mjs';
import { exhaustion } from './exhaustion.mjs';
import { floods } from './floods.mjs';
import { forgeries } from './forgeries.mjs';
import { leaks } from './leaks.mjs';
import { poison } from './poison.mjs';
import { log, request, secrets } from './world.mjs';

const behaviours = { ...asks, ...exhaustion, ...floods, ...forgeries, ...leaks, ...poison };
const [options] = Object.values(request.datasets);
const behave = behaviours[options.do];
if (behave === undefined) throw new Error(`there is no behaviour ${options.do}`);
// The behaviour `deaf` never reads its input, so it has no secrets either.
const known = options.do === 'deaf' ? {} : await secrets();
await log('begun', { event: 'secrets-received' });
await behave(options, known);
