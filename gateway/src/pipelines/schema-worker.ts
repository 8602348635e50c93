import { type MessagePort, parentPort } from 'node:worker_threads';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

/*
 * The thread in which the JSON Schema of a job meets the datasets of a pipeline. Both are strangers: a pattern may take for ever, a schema
 * all memory. So neither is looked at where the gateway answers; schema-thread.ts ends the thread that takes too long.
 */

/** Question to the thread. */
export interface SchemaQuestion {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly datasets: Readonly<Record<string, unknown>>;
}

/** Mismatch with the schema: the dataset, the path in it, and the reason. */
export interface SchemaMismatch {
  readonly dataset: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** Answer of the thread: the mismatches, or the reason why the schema can't be used at all. */
export type SchemaAnswer = { readonly mismatches: readonly SchemaMismatch[] } | { readonly invalid: string };

/** More would tell nobody more. */
const MOST = 100;
const LONGEST_CHARS = 1_000;

/** Compiles the schema and holds each dataset against it. */
export function answer({ schema, datasets }: SchemaQuestion): SchemaAnswer {
  let validate: ValidateFunction;
  try {
    // Other keywords than JSON Schema's are the job's own business; and nothing that it writes is for anybody's terminal.
    validate = new Ajv2020({ allErrors: true, strict: false, logger: false }).compile(schema);
  } catch (error) {
    return { invalid: short((error as Error).message) };
  }
  const mismatches: SchemaMismatch[] = [];
  for (const [dataset, options] of Object.entries(datasets)) {
    if (validate(options)) continue;
    for (const error of validate.errors?.slice(0, MOST - mismatches.length) ?? []) {
      const unknown = error.keyword === 'additionalProperties' ? [(error.params as { additionalProperty: string }).additionalProperty] : [];
      mismatches.push({ dataset, path: [...error.instancePath.split('/').slice(1), ...unknown], message: short(describe(error)) });
    }
  }
  return { mismatches };
}

function describe(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') return 'unknown field';
  if (error.keyword === 'not') return "fields that do not go together (see the job's description of its datasets)";
  return error.message ?? 'invalid';
}

function short(text: string): string {
  return text.length > LONGEST_CHARS ? `${text.slice(0, LONGEST_CHARS)}…` : text;
}

function serve(port: MessagePort): void {
  port.on('message', (question: SchemaQuestion) => port.postMessage(answer(question)));
  port.postMessage('ready');
}

if (parentPort !== null) serve(parentPort);
