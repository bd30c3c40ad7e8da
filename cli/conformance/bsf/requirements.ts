import type { Requirement } from '../requirement.ts';
import { ANSWER } from './answer.ts';
import { CHALLENGE } from './challenge.ts';
import { INFO } from './info.ts';
import { RESYNCHRONISATION } from './resynchronisation.ts';
import type { BsfUnderTest } from './subject.ts';

/** Everything that is asked of a BSF on Ub and can be seen by a UE, in the order in which it is checked. */
export const BSF_REQUIREMENTS: readonly Requirement<BsfUnderTest>[] = [
  ...CHALLENGE,
  ...ANSWER,
  ...INFO,
  ...RESYNCHRONISATION,
];
