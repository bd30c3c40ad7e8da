import type { Requirement } from '../requirement.ts';
import { AUTHENTICATION } from './authentication.ts';
import { AUTHENTICATION_INFO, CHALLENGE } from './challenge.ts';
import { DELIVERY } from './delivery.ts';
import { DEREGISTRATION, KEY_REQUEST } from './key-request.ts';
import { MIKEY } from './mikey.ts';
import { NAF } from './naf.ts';
import { EXPIRING_START, LIFETIME, SOLICITED_PULL } from './pull.ts';
import { REQUEST_FORM } from './request-form.ts';
import type { BmscUnderTest } from './subject.ts';

/** Everything that is asked of a BM-SC and can be seen from outside, in the order in which it is checked. */
export const BMSC_REQUIREMENTS: readonly Requirement<BmscUnderTest>[] = [
  EXPIRING_START,
  ...CHALLENGE,
  ...AUTHENTICATION,
  ...AUTHENTICATION_INFO,
  ...REQUEST_FORM,
  ...KEY_REQUEST,
  ...MIKEY,
  ...DELIVERY,
  ...SOLICITED_PULL,
  ...DEREGISTRATION,
  ...LIFETIME,
  ...NAF,
];
