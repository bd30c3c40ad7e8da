import type { Requirement } from '../requirement.ts';
import { END, PULL } from './pull.ts';
import { REQUEST } from './request.ts';
import type { UeUnderTest } from './subject.ts';
import { MTK, VERIFICATION } from './verification.ts';

/** Everything that is asked of a UE and can be seen by the BM-SC that it connects to. */
export const UE_REQUIREMENTS: readonly Requirement<UeUnderTest>[] = [
  ...REQUEST,
  ...VERIFICATION,
  ...MTK,
  ...PULL,
  ...END,
];
