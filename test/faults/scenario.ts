import type { Check } from './audit.ts';
import type { Harness, RequestedPush } from './harness.ts';

/** The result of a scenario. */
export interface ScenarioResult {
  readonly checks: readonly Check[];
  readonly figures: Readonly<Record<string, number | string>>;
}

/** Faults that make delivery hard, and the conditions that must hold nevertheless. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Too long or too heavy for a small run. */
  readonly isLarge?: boolean;
  readonly run: (harness: Harness) => Promise<ScenarioResult>;
}

/** A push without any report for this time has failed, in ms. */
const GIVE_UP_MS = 120_000;

/**
 * Waits until the push is reported as completed and no more reports come, and shows its progress. After two
 * minutes without a report it gives up.
 * @returns the duration of the push, in s
 */
export async function awaitCompletion(harness: Harness, name: string, push: RequestedPush): Promise<number> {
  let reports = -1;
  let lastNews = Date.now();
  let completedAt = 0;
  while (Date.now() - lastNews < GIVE_UP_MS) {
    const { delivered, failed, completed } = push.outcomes;
    const now = delivered.size + failed.size + completed.length;
    if (now !== reports) lastNews = Date.now();
    reports = now;
    harness.options.progress(
      `${name}: ${delivered.size + failed.size} of ${harness.ues.count} UEs, ${harness.senders.length} sender(s)`,
    );
    if (completed.length > 0 && completedAt === 0) completedAt = Date.now();
    if (completedAt > 0 && Date.now() - lastNews > SETTLED_MS) break;
    await pause(100);
  }
  return ((completedAt || Date.now()) - push.requestedAt) / 1000;
}

/** After this time without a report, in ms, late and repeated events have come. */
const SETTLED_MS = 1500;

/**
 * Messages a second of all senders together: as many as the UEs of this process, a relay and AWS's stand-in
 * cope with on two processors. With more, answers are so late that messages are sent again.
 */
export const TOGETHER_PER_SECOND = 1800;

/** Waits, in ms. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
