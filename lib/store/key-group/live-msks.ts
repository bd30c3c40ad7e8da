import { CURRENT_KEY_NUMBER } from '../../keys/msk-id.ts';
import { isInvalidation } from '../../keys/msk-validity.ts';
import { findMsk, openMsk } from './key-group.ts';
import type { KeyGroup, StoredMsk } from './key-group-item.ts';

/** An MSK of a Key Group: the current one, or the one that stands ready. */
export interface LiveMsk extends StoredMsk {
  readonly state: 'current' | 'next';
  /** When the next one is to be the current one, ms since the epoch. */
  readonly activateAt: number | undefined;
}

/** The MSKs that may be used, the current one first; one that was changed in the table may not. */
export function liveMsksOf(group: KeyGroup): readonly LiveMsk[] {
  const { prepared } = group;
  const current = findMsk(group, CURRENT_KEY_NUMBER);
  const next = prepared && findMsk(group, prepared.keyNumber);
  const found = [
    { sealed: current, state: 'current' as const, activateAt: undefined },
    { sealed: next, state: 'next' as const, activateAt: prepared?.activateAt },
  ];
  return found.flatMap(({ sealed, state, activateAt }) => {
    if (sealed === undefined || isInvalidation(sealed.validity)) return [];
    const opened = openMsk(sealed);
    return opened === 'corrupt-item' ? [] : [{ ...opened, state, activateAt }];
  });
}
