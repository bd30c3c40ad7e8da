/** A change that no test can notice, and why that is right. */
export interface Explanation {
  readonly file: string;
  /** The changed code, with white space folded; and what stands in its place. */
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explanation[] = [];
