import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import { attemptSchema, claimSchema, endedRunSchema, openRunSchema, statesSchema, verdictSchema } from './entries.ts';

const wrong = Array.from({ length: 100_000 }, () => 1);
const named = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`n${at}`, 1]));

test.each<[string, z.ZodType, object]>([
  ['datasets of an open run', openRunSchema, { datasets: named }],
  ['variables of an open run', openRunSchema, { source: named }],
  ['datasets of a claim', claimSchema, { open: { datasets: named, source: named } }],
  ['keys of an attempt', attemptSchema, { keys: named }],
  ['states of an attempt', attemptSchema, { states: named }],
  ['states', statesSchema, { datasets: named }],
  ['datasets of a claim on states', statesSchema, { claim: { datasets: wrong } }],
  ['lines of a verdict', verdictSchema, { logTail: wrong }],
  ['attempts of an ended run', endedRunSchema, { attempts: wrong }],
  ['the timeline of an ended run', endedRunSchema, { timeline: wrong }],
  ['files of an ended run', endedRunSchema, { files: { d: { files: wrong } } }],
  ['lines of an ended run', endedRunSchema, { logTail: wrong }],
])('of a stranger’s very many wrong %s few are complained about', (_, schema, value) => {
  const { error } = schema.safeParse(value);
  expect(error).toBeDefined();
  expect(JSON.stringify(error?.issues).length).toBeLessThan(20_000);
});
