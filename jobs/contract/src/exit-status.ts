/** Exit statuses of a job, after BSD's sysexits.h; 143 is 128 + SIGTERM, as a shell reports it. */
export const EXIT = {
  done: 0,
  badRequest: 64,
  badData: 65,
  datasetMissing: 66,
  unavailable: 69,
  bug: 70,
  tryAgain: 75,
  refused: 77,
  badConfiguration: 78,
  stopped: 143,
} as const;

/** One of the exit statuses that the contract knows. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
