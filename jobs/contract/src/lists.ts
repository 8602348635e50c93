import { z } from 'zod';

/** Wrong elements that are told of. zod's own lists keep several issues for each element, which makes a gibibyte of a stranger's 100,000. */
const MOST_TOLD = 8;

/** A list like `z.array`, of which no more than a few wrong elements are looked at. */
export function listOf<T extends z.ZodType>(element: T, { least = 0 }: { least?: number } = {}) {
  return z
    .array(z.unknown())
    .min(least)
    .transform((items, context): z.output<T>[] => {
      const read: z.output<T>[] = [];
      const isFull = told(context);
      for (const [at, item] of items.entries()) {
        const { data, error } = element.safeParse(item);
        if (error === undefined) read.push(data);
        else if (isFull(at, error)) return z.NEVER;
      }
      return read;
    });
}

/** A record of names like `z.record`, of which no more than a few wrong values are looked at. */
export function recordOf<T extends z.ZodType>(value: T, name: z.ZodType<string> = z.string()) {
  return z.record(z.string(), z.unknown()).transform((items, context): Record<string, z.output<T>> => {
    const read: [string, z.output<T>][] = [];
    const isFull = told(context);
    for (const [key, item] of Object.entries(items)) {
      const parsed = value.safeParse(item);
      const error = name.safeParse(key).error ?? parsed.error;
      if (error === undefined) read.push([key, parsed.data as z.output<T>]);
      else if (isFull(key, error)) return z.NEVER;
    }
    return Object.fromEntries(read);
  });
}

/** Puts the issues of elements into a context; says when there are enough. */
function told(context: z.RefinementCtx): (at: string | number, error: z.ZodError) => boolean {
  let wrong = 0;
  return (at, { issues }) => {
    const [first] = issues;
    context.addIssue({ code: 'custom', path: [at, ...(first?.path ?? [])], message: first?.message ?? 'is wrong' });
    return ++wrong >= MOST_TOLD;
  };
}
