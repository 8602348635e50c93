const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest/strip-types.mjs' },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['/dist/'],
};

const onContainers = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

/** Three projects: `unit` is pure code, `e2e` starts real containers, `hostile` attacks them. */
export default {
  // Tests wait more than they compute, so two at once are worth it on two cores; more would only slow each other's databases.
  maxWorkers: 2,
  testTimeout: 120_000,
  testSequencer: '<rootDir>/scripts/jest/sequencer.mjs',
  reporters: ['default', '<rootDir>/scripts/jest/summary-reporter.mjs'],
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/{bench,gateway,jobs,scripts,examples}/**/*.test.ts'] },
    { ...common, ...onContainers, displayName: 'e2e', testMatch: ['<rootDir>/test/**/*.e2e.test.ts'], testPathIgnorePatterns: ['/test/hostile/'] },
    // Attacks (docs/security.md): apart, since they take as long as all else, and load the machine so that others' patience would run out.
    { ...common, ...onContainers, displayName: 'hostile', testMatch: ['<rootDir>/test/hostile/**/*.e2e.test.ts'] },
  ],
};
