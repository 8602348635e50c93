import { z } from 'zod';

/** The part of a path that names a pipeline: one of those that there are at the moment. */
export function pipelinePath(pipelines: readonly string[]) {
  const [first, ...others] = pipelines;
  const name = first === undefined ? z.string() : z.enum([first, ...others]);
  return z.object({ pipeline: name.meta({ description: "Name of the pipeline: its file's name without `.yaml`." }) });
}
