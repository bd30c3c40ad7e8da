import { OTHER_BSF } from '../../../cli/conformance/bmsc/naf.ts';
import type { Fault } from '../fault.ts';

/** BM-SCs that are wrong about keys from a BSF. */
export const NAF_FAULTS: readonly Fault[] = [
  {
    name: 'no key comes from the BSF',
    rule: 'naf-bootstrapped',
    denies: ({ session }) => (session === 0 ? 'challenge' : undefined),
  },
  {
    name: 'the first B-TID of a UE is its last',
    rule: 'naf-bootstrapped-again',
    denies: ({ session }) => (session === 1 ? 'challenge' : undefined),
  },
  {
    name: 'the key of another NAF is taken',
    rule: 'naf-other-naf',
    forgives: ({ bootstrapped }) => bootstrapped === 'other-naf',
  },
  {
    name: 'the key of another Ua protocol is taken',
    rule: 'naf-other-protocol',
    forgives: ({ bootstrapped }) => bootstrapped === 'other-protocol',
  },
  {
    name: 'the key of an earlier run is taken',
    rule: 'naf-other-session',
    forgives: ({ bootstrapped }) => bootstrapped === 'other-session',
  },
  {
    name: 'a BSF that nobody knows ends in 500',
    rule: 'naf-other-bsf',
    denies: ({ authorization }) =>
      authorization?.username.endsWith(OTHER_BSF) === true
        ? { status: 500, headers: {}, body: '' }
        : undefined,
  },
];
