import { CURRENT_KEY_NUMBER, formatKeyNumber } from '../../keys/msk-id.ts';
import type { KeyStore } from '../key-store.ts';
import { type ChangedMsk, changeKeyGroup, findMsk, openMsk } from './key-group.ts';
import { type KeyGroup, type KeyGroupRef, liveMsks, type StoredMsk } from './key-group-item.ts';
import { knownOutcome, type Preparation, REQUESTS_REMEMBERED } from './msk-rotation.ts';

/** An MSK that another network has made, and the request that brings it. Times are in ms. */
export interface ImportRequest extends StoredMsk {
  readonly request: string;
  /** Since the epoch. */
  readonly now: number;
  readonly leadTimeMs: number;
}

/** What came of an import. */
export type Import =
  | Exclude<Preparation, { readonly kind: 'foreign-key-group' }>
  /** This very MSK is live already. */
  | { readonly kind: 'held' }
  /** The Key Group has MSKs of this network. */
  | { readonly kind: 'own-key-group' }
  /** The Key Number is that of another MSK, or does not come after the last one. */
  | { readonly kind: 'key-number-used'; readonly lastKeyNumber: string };

/** Key Numbers count round: one of the 32 767 after the last one comes after it (RFC 1982). */
const HALF = 0x8000;

/**
 * Puts an MSK that another network has made beside the current one, as `prepareMsk` does with one of this
 * network; with the first one the Key Group becomes a foreign one, whose MSKs are never made here. A
 * repetition gives what the first one gave.
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function importMsk(
  store: KeyStore,
  ref: KeyGroupRef,
  { request, now, leadTimeMs, ...msk }: ImportRequest,
): Promise<Import> {
  let outcome: Import = { kind: 'unknown-key-group' };
  await changeKeyGroup(store, ref, (group) => {
    outcome = refusalOf(group, request, msk);
    if (outcome.kind !== 'prepared' || group === undefined || outcome.prepared.request === request)
      return undefined;
    const current = findMsk(group, CURRENT_KEY_NUMBER);
    const activateAt = current === undefined ? now : now + leadTimeMs;
    const prepared = { keyNumber: msk.keyNumber, request, activateAt };
    outcome = { kind: 'prepared', prepared };
    return {
      ...group,
      ...liveMsks<ChangedMsk>([...(current === undefined ? [] : [current]), msk]),
      isForeign: true,
      prepared,
      lastKeyNumber: msk.keyNumber,
      rotationRequests: [...group.rotationRequests, request].slice(-REQUESTS_REMEMBERED),
    };
  });
  return outcome;
}

/** What stands against an import; `prepared` for another request's name where nothing does. */
function refusalOf(group: KeyGroup | undefined, request: string, msk: StoredMsk): Import {
  if (group === undefined) return { kind: 'unknown-key-group' };
  const known = knownOutcome(group, request);
  if (known !== undefined && known.kind !== 'foreign-key-group') return known;
  if (group.isForeign !== true && group.msks.size > 0) return { kind: 'own-key-group' };
  const last = group.lastKeyNumber;
  const live = group.msks.get(msk.keyNumber);
  const opened = live && openMsk(live);
  if (opened !== undefined && opened !== 'corrupt-item' && opened.msk.equals(msk.msk))
    return { kind: 'held' };
  const isAfter = last === undefined || ((msk.keyNumber - last + 2 * HALF) % (2 * HALF)) - 1 < HALF - 1;
  if (msk.keyNumber === CURRENT_KEY_NUMBER || live !== undefined || msk.keyNumber === last || !isAfter)
    return { kind: 'key-number-used', lastKeyNumber: formatKeyNumber(last ?? CURRENT_KEY_NUMBER) };
  if (group.prepared !== undefined) return { kind: 'rotation-under-way', prepared: group.prepared };
  return { kind: 'prepared', prepared: { keyNumber: msk.keyNumber, request: '', activateAt: 0 } };
}
