/** The version of the job contract that this package describes; a request or job.json with another one is refused. */
export const CONTRACT_VERSION = 1;
