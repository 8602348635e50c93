/** The one rule for names of jobs' images; build-images.sh follows it. */
export function imageName(prefix: string, job: string): string {
  return `${prefix}-${job}:latest`;
}

/** The job that an image tag names, or undefined when it is none of ours. */
export function jobOfImage(prefix: string, tag: string): string | undefined {
  return tag.startsWith(`${prefix}-`) && tag.endsWith(':latest') ? tag.slice(prefix.length + 1, -':latest'.length) : undefined;
}
