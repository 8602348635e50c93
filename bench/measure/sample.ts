/** One measured run, of ours or of a peer. */
export interface Sample {
  /** From the POST, or the container's creation, to the answer or the container's end. */
  readonly seconds: number;
  /** What the source and the upload alone took, where it can be told apart: a peer's pipe within its container, ours from first to last row. */
  readonly within?: number;
  /** Of the file. */
  readonly bytes: number;
  /** Rows that were written, where the contender says it. */
  readonly rows?: number;
  /** Highest memory use of the container's cgroup, in MiB. */
  readonly peakMiB: number;
}
