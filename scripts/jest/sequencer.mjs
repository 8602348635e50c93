import Sequencer from '@jest/test-sequencer';

/** Test files of minutes, longest first: begun last, one of them would be waited for by a worker that has nothing to do. */
const LONG = [
  'test/faults.e2e',
  'test/hostile/',
  'test/consistency/',
  'test/two-gateways.e2e',
  'test/commit-points.e2e',
  'test/latest.e2e',
  'test/schedule.e2e',
];

/** The default order behind those. */
export default class LongFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- Jest's sequencer is no array
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ path }) {
  const place = LONG.findIndex((name) => path.includes(name));
  return place === -1 ? LONG.length : place;
}
