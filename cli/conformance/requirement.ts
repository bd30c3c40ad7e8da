/**
 * How sure we are that the standard asks for it: V read in its text, V2 in one that restates it, D derived, M
 * from memory.
 */
export type Certainty = 'V' | 'V2' | 'D' | 'M-hi' | 'M-lo';

/** What a requirement came to. */
export type Result = 'pass' | 'fail' | 'warn' | 'not applicable';

/** A line of what was sent or received; keys and what they encrypt are blanked. */
export interface TraceLine {
  readonly direction: 'sent' | 'received' | 'noted';
  readonly text: string;
}

/** One requirement that can be seen from outside, and its check on what is under test. */
export interface Requirement<Subject> {
  readonly id: string;
  readonly clause: string;
  readonly certainty: Certainty;
  /** What the clause asks, in our words. */
  readonly asked: string;
  /** `should`: not to meet it is a warning. */
  readonly level: 'shall' | 'should';
  /** Cases that a system in use is spared unless its tester says so. */
  readonly only?: 'hostile' | 'load';
  /**
   * @returns what was seen, when the requirement is met
   * @throws Mismatch when it is not met, NotVisible when it can't be seen
   */
  readonly check: (subject: Subject) => Promise<string>;
}

/** The outcome of one requirement. */
export interface Outcome {
  readonly requirement: Omit<Requirement<never>, 'check'>;
  readonly result: Result;
  /** What was seen. */
  readonly seen: string;
  readonly trace: readonly TraceLine[];
}

/** What was seen is not what the requirement asks. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** The requirement can't be seen here: an option is off, or what comes before it failed. */
export class NotVisible extends Error {
  override readonly name = 'NotVisible';
}

/** @throws Mismatch unless the condition holds */
export function expectThat(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Mismatch(otherwise);
}

/** @throws NotVisible when there is no value */
export function visible<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new NotVisible(otherwise);
  return value;
}

/**
 * What breaks an unverified requirement is a warning: the text may ask otherwise. So is what breaks a
 * `should`.
 */
export function resultOfMismatch({ certainty, level }: Pick<Requirement<never>, 'certainty' | 'level'>) {
  const isSure = certainty === 'V' || certainty === 'V2';
  return level === 'shall' && isSure ? 'fail' : 'warn';
}
