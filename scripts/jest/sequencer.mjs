import Sequencer from '@jest/test-sequencer';

/** Test files of minutes, longest first: begun last, one of them would be waited for by a worker that has nothing to do. */
const LONG = ['test/faults.e2e', 'test/consistency/', 'test/two-gateways.e2e', 'test/commit-points.e2e', 'test/latest.e2e', 'test/schedule.e2e'];

/** The default order behind those. */
export default class LongFirst extends Sequencer.default {
  sort(tests) {
    const rank = ({ path }) => (LONG.findIndex((name) => path.includes(name)) + LONG.length + 1) % (LONG.length + 1);
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
