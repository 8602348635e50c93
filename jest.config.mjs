const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest/strip-types.mjs' },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['/dist/'],
};

/** Two projects: `unit` is pure code, `e2e` starts real containers. */
export default {
  // Tests wait more than they compute, so two at once are worth it on two cores; more would only slow each other's databases.
  maxWorkers: 2,
  testTimeout: 120_000,
  testSequencer: '<rootDir>/scripts/jest/sequencer.mjs',
  reporters: ['default', '<rootDir>/scripts/jest/summary-reporter.mjs'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{bench,gateway,jobs,scripts,examples}/**/*.test.ts'] },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.e2e.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
