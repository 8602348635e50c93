/*
 * What the gateway answers with. Routes type their answers by these, and the OpenAPI document is made of them.
 * Strict: a member that is not described here is a mistake, which the tests find.
 */
export * from './health.ts';
export * from './pipelines.ts';
export * from './problem.ts';
export * from './runs.ts';
