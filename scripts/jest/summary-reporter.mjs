import { writeSync } from 'node:fs';

/** Jest reporter: ends the output with the one plain line that CI reads. */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // Last of all, behind Jest's own summary; a tear-down that failed after the tests counts too.
    process.once('exit', (code) => writeSync(1, `\n${results.numPassedTests} passed, ${Math.max(failed, code === 0 ? 0 : 1)} failed\n`));
  }
}
