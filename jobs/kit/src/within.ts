/** Waits for `work`, but no longer than `ms`: for clean-up, which has a deadline of its own and whose failure changes nothing. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timeUp = new Promise<void>((resolve) => void setTimeout(resolve, ms).unref());
  await Promise.race([work.catch(() => undefined), timeUp]);
}
