import type { Harness, RequestedPush } from './harness.ts';
import { impiOf, indexOf } from './identities.ts';

/** Something that must be so, and whether it is. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

/** Who must have got the MSK, who must not, and who may or may not. */
export type Expectation = 'verified' | 'undelivered' | 'either' | 'left-out' | 'maybe-left-out';

/** What a push came to at the UEs. */
export interface UeFigures {
  readonly holding: number;
  /** UEs that took more than one message for the MSK. */
  readonly repeated: number;
  /** Datagrams that a UE got twice. */
  readonly copies: number;
  /** New messages refused by the replay counter. */
  readonly outrun: number;
  /** Messages refused for any other reason. */
  readonly refused: number;
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
 * Compares what the ledger says, what the bus said of each UE, and what the UEs hold: every UE stands in
 * exactly one place, in the same one in all, and nobody is said to hold what it does not.
 */
export function auditPush(
  { ues }: { readonly ues: Pick<Harness['ues'], 'count' | 'heldBy'> },
  push: RequestedPush,
  expectationOf: (index: number) => Expectation = () => 'verified',
): Check[] {
  const { delivered, failed, completed } = push.outcomes;
  const said = completed.at(-1);
  const failures = Object.values(said?.failed ?? {}).reduce((sum, each) => sum + each, 0);
  const wrong: Record<'missing' | 'both' | 'unheld' | 'unexpected' | 'uninvited', string[]> = {
    missing: [],
    both: [],
    unheld: [],
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
    if (isDelivered && !ues.heldBy(index).has(push.mskId)) wrong.unheld.push(impi);
    if ((expected === 'verified' && isFailed) || (expected === 'undelivered' && isDelivered))
      wrong.unexpected.push(impi);
  }
  const strangers = [...delivered.keys(), ...failed.keys()].filter((impi) => !(indexOf(impi) < ues.count));
  const check = (what: string, ok: boolean, found: string) => ({ what, ok, found });
  const nobody = (what: string, impis: readonly string[]) =>
    check(what, impis.length === 0, `${impis.length}${impis.length > 0 ? `, such as ${impis[0]}` : ''}`);
  const named = new Set([...delivered.keys(), ...failed.keys()]).size;
  const total = (said?.verified ?? 0) + failures;
  return [
    check('the push was completed', said !== undefined, `${completed.length} times said`),
    check(
      'the ledger counts every UE once',
      total === named && total >= expectedTotal,
      `${total}, ${named} named, at least ${expectedTotal} expected`,
    ),
    check(
      'the ledger counts as verified those of whom the bus said so',
      said?.verified === delivered.size,
      `${said?.verified} and ${delivered.size}`,
    ),
    check(
      'the ledger counts as failed those of whom the bus said so',
      failures === failed.size,
      `${failures} and ${failed.size}`,
    ),
    nobody('UEs of whom nothing was said', wrong.missing),
    nobody('UEs of whom both was said', wrong.both),
    nobody('UEs said to hold the MSK that do not', wrong.unheld),
    nobody('UEs with another outcome than theirs', wrong.unexpected),
    nobody('UEs served that should be left out', [...wrong.uninvited, ...strangers]),
  ];
}

function isOptional(expected: Expectation): boolean {
  return expected === 'left-out' || expected === 'maybe-left-out';
}
