/** IMPIs by the reason why their UE got nothing. */
export type Failures = Record<string, string[]>;

/** Adds UEs that failed for one reason. */
export function addFailures(failures: Failures, reason: string, impis: readonly string[]): void {
  const others = failures[reason];
  if (others === undefined) failures[reason] = [...impis];
  else others.push(...impis);
}
