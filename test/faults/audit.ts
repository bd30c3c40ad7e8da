import type { Harness, RequestedPush } from './harness.ts';
import { impiOf, indexOf } from './identities.ts';

/** A condition, and whether it holds. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

/** The outcome that a UE must have, or may have. */
export type Expectation = 'verified' | 'undelivered' | 'either' | 'left-out' | 'maybe-left-out';

/** Figures of a push at the UEs. */
export interface UeFigures {
  readonly holding: number;
  /** UEs that accepted more than one message for the MSK. */
  readonly repeated: number;
  /** Datagrams that a UE received twice. */
  readonly copies: number;
  /** New messages refused by the replay counter. */
  readonly outrun: number;
  /** Messages refused for any other reason. */
  readonly refused: number;
}

/**
 * A figure that is not less than it must be: a lower bound of a result, or of the faults that were
 * injected.
 */
export function atLeast(least: number, what: string, found: number): Check {
  return { what: `at least ${Math.ceil(least)} ${what}`, ok: found >= least, found: `${found}` };
}

/** Counts over all UEs. */
export function figuresOf({ ues }: Harness, { mskId }: RequestedPush): UeFigures {
  const figures = { holding: 0, repeated: 0, copies: 0, outrun: 0, refused: 0 };
  for (let index = 0; index < ues.count; index++) {
    const { taken, copies, outrun, refused } = ues.recordOf(index);
    if (ues.heldBy(index).has(mskId)) figures.holding += 1;
    if ((taken.get(mskId) ?? 0) > 1) figures.repeated += 1;
    figures.copies += copies;
    figures.outrun += outrun;
    for (const count of refused.values()) figures.refused += count;
  }
  return figures;
}

/**
 * Compares the ledger, the reports of the bus, and the MSKs that the UEs hold: every UE has exactly one
 * outcome, the same in all of them, no report names an MSK that the UE does not hold, and the octets that a
 * UE holds are those of the store.
 */
export function auditPush(
  { ues }: { readonly ues: Pick<Harness['ues'], 'count' | 'heldBy'> },
  push: RequestedPush,
  expectationOf: (index: number) => Expectation = () => 'verified',
): Check[] {
  const { delivered, failed, completed } = push.outcomes;
  const report = completed.at(-1);
  const failures = Object.values(report?.failed ?? {}).reduce((sum, each) => sum + each, 0);
  const wrong: Record<'missing' | 'both' | 'unheld' | 'otherKey' | 'unexpected' | 'uninvited', string[]> = {
    missing: [],
    both: [],
    unheld: [],
    otherKey: [],
    unexpected: [],
    uninvited: [],
  };
  let expectedTotal = 0;
  for (let index = 0; index < ues.count; index++) {
    const impi = impiOf(index);
    const expected = expectationOf(index);
    const [isDelivered, isFailed] = [delivered.has(impi), failed.has(impi)];
    if (!isOptional(expected)) expectedTotal += 1;
    if (expected === 'left-out' && isDelivered) wrong.uninvited.push(impi);
    if (!isOptional(expected) && !isDelivered && !isFailed) wrong.missing.push(impi);
    if (isDelivered && isFailed) wrong.both.push(impi);
    const held = ues.heldBy(index).get(push.mskId);
    if (isDelivered && held === undefined) wrong.unheld.push(impi);
    if (held?.equals(push.msk) === false) wrong.otherKey.push(impi);
    if ((expected === 'verified' && isFailed) || (expected === 'undelivered' && isDelivered))
      wrong.unexpected.push(impi);
  }
  const strangers = [...delivered.keys(), ...failed.keys()].filter((impi) => !(indexOf(impi) < ues.count));
  const check = (what: string, ok: boolean, found: string) => ({ what, ok, found });
  const none = (what: string, impis: readonly string[]) =>
    check(what, impis.length === 0, `${impis.length}${impis.length > 0 ? `, such as ${impis[0]}` : ''}`);
  const named = new Set([...delivered.keys(), ...failed.keys()]).size;
  const total = (report?.verified ?? 0) + failures;
  return [
    check('the push was completed', report !== undefined, `${completed.length} reports`),
    check(
      'the ledger counts every UE once',
      total === named && total >= expectedTotal,
      `${total}, ${named} named, at least ${expectedTotal} expected`,
    ),
    check(
      'the ledger counts as verified the UEs that the bus reports as delivered',
      report?.verified === delivered.size,
      `${report?.verified} and ${delivered.size}`,
    ),
    check(
      'the ledger counts as failed the UEs that the bus reports as failed',
      failures === failed.size,
      `${failures} and ${failed.size}`,
    ),
    none('UEs that no report names', wrong.missing),
    none('UEs reported as delivered and as failed', wrong.both),
    none('UEs reported as delivered that do not hold the MSK', wrong.unheld),
    none('UEs that hold other octets than the MSK of the store', wrong.otherKey),
    none('UEs with another outcome than expected', wrong.unexpected),
    none('UEs served that should be left out', [...wrong.uninvited, ...strangers]),
  ];
}

function isOptional(expected: Expectation): boolean {
  return expected === 'left-out' || expected === 'maybe-left-out';
}
