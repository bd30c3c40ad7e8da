import { type Outcome, type Requirement, resultOfMismatch, type TraceLine } from './requirement.ts';

/** What a run may do. */
export interface RunOptions {
  readonly hostile: boolean;
  readonly load: boolean;
  /** Called after each requirement. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** What is under test keeps what was sent and received since the last requirement. */
export interface Traced {
  readonly takeTrace: () => readonly TraceLine[];
}

/** Checks requirements one after another, in their order: later ones build on what earlier ones did. */
export async function runRequirements<Subject extends Traced>(
  requirements: readonly Requirement<Subject>[],
  subject: Subject,
  options: RunOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of requirements) {
    const outcome = await outcomeOf(each, subject, options);
    outcomes.push(outcome);
    options.onOutcome?.(outcome);
  }
  return outcomes;
}

async function outcomeOf<Subject extends Traced>(
  { check, ...requirement }: Requirement<Subject>,
  subject: Subject,
  options: RunOptions,
): Promise<Outcome> {
  const { only } = requirement;
  if (only !== undefined && !options[only])
    return { requirement, result: 'not applicable', seen: `left out: run it with --${only}`, trace: [] };
  subject.takeTrace();
  try {
    const seen = await check(subject);
    return { requirement, result: 'pass', seen, trace: subject.takeTrace() };
  } catch (error) {
    const trace = subject.takeTrace();
    const seen = error instanceof Error ? error.message : String(error);
    const name = error instanceof Error ? error.name : '';
    if (name === 'NotVisible') return { requirement, result: 'not applicable', seen, trace };
    // An answer that never came, or that can't be read, is not what the requirement asks.
    if (name === 'Mismatch' || name === 'UeError')
      return { requirement, result: resultOfMismatch(requirement), seen, trace };
    throw error;
  }
}

/** How many requirements came to each result. */
export interface Counts {
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly notApplicable: number;
}

/** Counts outcomes by their result. */
export function countsOf(outcomes: readonly Outcome[]): Counts {
  const count = (result: Outcome['result']) => outcomes.filter((each) => each.result === result).length;
  return {
    pass: count('pass'),
    fail: count('fail'),
    warn: count('warn'),
    notApplicable: count('not applicable'),
  };
}
