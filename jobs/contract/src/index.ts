/**
 * The job contract, version 1: what a container is given, what it answers, and how an attempt becomes a commit.
 *
 * Words: a *job* is an image that keeps this contract; a *run* is one execution of a pipeline; an *attempt* is one
 * container of a run; a *dataset* becomes one file; the *manifest* says what an attempt published and is its commit.
 */
export * from './commit.ts';
export * from './format.ts';
export * from './decide.ts';
export * from './environment.ts';
export * from './errors.ts';
export * from './exit-status.ts';
export * from './files.ts';
export * from './job-json.ts';
export * from './lists.ts';
export * from './messages.ts';
export * from './request.ts';
export * from './s3-failure.ts';
export * from './schema-changes.ts';
export * from './secrets.ts';
export * from './stamp.ts';
export * from './states.ts';
export * from './version.ts';
