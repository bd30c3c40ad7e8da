import { NO_MSK, nextKeyNumber } from '../../keys/msk-generation.ts';
import { CURRENT_KEY_NUMBER } from '../../keys/msk-id.ts';
import { EMPTY_VALIDITY, isInvalidation, type MskValidity } from '../../keys/msk-validity.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import type { KeyStore } from '../key-store.ts';
import { type ChangedMsk, changeKeyGroup, findMsk } from './key-group.ts';
import {
  type KeyGroup,
  type KeyGroupRef,
  liveMsks,
  type PreparedMsk,
  type SealedMsk,
  type StoredMsk,
} from './key-group-item.ts';

/** What a request for a rotation brings. Times are in ms, `now` since the epoch. */
export interface RotationRequest {
  /** The same for every repetition of one request. */
  readonly request: string;
  /** 16 octets, used only if this is what makes the MSK. */
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  readonly now: number;
  /** From now until the MSK is to be the current one; a Key Group that has no MSK yet does not wait. */
  readonly leadTimeMs: number;
}

/** What came of a request for a rotation. */
export type Preparation =
  | { readonly kind: 'prepared'; readonly prepared: PreparedMsk }
  /** The request came before. */
  | { readonly kind: 'repeated' }
  /** It came before, and its rotation has ended since. */
  | { readonly kind: 'ended'; readonly prepared: PreparedMsk }
  /** Another request's; undefined: that one has ended since the request first came. */
  | { readonly kind: 'rotation-under-way'; readonly prepared: PreparedMsk | undefined }
  | { readonly kind: 'unknown-key-group' }
  /** Its MSKs are made by another network. */
  | { readonly kind: 'foreign-key-group' };

/** What came of a request to make a prepared MSK the current one. */
export type Activation =
  /** It is the current one now; `request` is what it was prepared for. */
  | { readonly kind: 'activated'; readonly request: string }
  /** It was already. */
  | { readonly kind: 'current' }
  | { readonly kind: 'not-prepared' };

/** What came of a revocation. */
export type Revocation =
  | {
      readonly kind: 'revoked';
      readonly currentKeyNumber: number;
      /** The rotation that ended by it; undefined: none was under way, or this is a repetition. */
      readonly ended: PreparedMsk | undefined;
    }
  | { readonly kind: 'unknown-msk' }
  /** Another network has to make the MSK that takes the place of this one, and it is not there. */
  | { readonly kind: 'foreign-key-group' };

/** Requests remembered for each Key Group: more than EventBridge repeats within the day that it tries. */
export const REQUESTS_REMEMBERED = 32;

/**
 * Puts the next MSK beside the current one without making it current; whatever else was live goes, so that
 * two are. One read and one conditional write. A repeated request gives what the first one gave while its MSK
 * waits, and `ended` afterwards; one that was refused is refused again.
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function prepareMsk(
  store: KeyStore,
  ref: KeyGroupRef,
  { request, msk, validity, now, leadTimeMs }: RotationRequest,
): Promise<Preparation> {
  let outcome: Preparation = { kind: 'unknown-key-group' };
  await changeKeyGroup(store, ref, (group) => {
    outcome = { kind: 'unknown-key-group' };
    if (group === undefined) return undefined;
    const known = knownOutcome(group, request);
    if (known !== undefined) {
      outcome = known;
      return undefined;
    }
    if (group.isForeign === true) {
      outcome = { kind: 'foreign-key-group' };
      return undefined;
    }
    const rotationRequests = [...group.rotationRequests, request].slice(-REQUESTS_REMEMBERED);
    if (group.prepared !== undefined) {
      outcome = { kind: 'rotation-under-way', prepared: group.prepared };
      const refusedRequests = [...(group.refusedRequests ?? []), request].slice(-REQUESTS_REMEMBERED);
      return { ...group, rotationRequests, refusedRequests };
    }
    const current = findMsk(group, CURRENT_KEY_NUMBER);
    const keyNumber = numberAfter(group);
    const prepared = { keyNumber, request, activateAt: current === undefined ? now : now + leadTimeMs };
    outcome = { kind: 'prepared', prepared };
    return {
      ...group,
      ...liveMsks<ChangedMsk>([...(current === undefined ? [] : [current]), { keyNumber, msk, validity }]),
      prepared,
      lastKeyNumber: keyNumber,
      rotationRequests,
    };
  });
  return outcome;
}

/**
 * Makes the prepared MSK the current one; the one before expires: it is gone. One read, and one conditional
 * write unless the MSK is current already, which is no error: events come twice.
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function activateMsk(store: KeyStore, ref: KeyGroupRef, keyNumber: number): Promise<Activation> {
  let outcome: Activation = { kind: 'not-prepared' };
  await changeKeyGroup(store, ref, (group) => {
    outcome = { kind: group?.currentKeyNumber === keyNumber ? 'current' : 'not-prepared' };
    const msk = group?.msks.get(keyNumber);
    if (group?.prepared?.keyNumber !== keyNumber || msk === undefined) return undefined;
    outcome = { kind: 'activated', request: group.prepared.request };
    return { ...group, ...liveMsks([msk]), currentKeyNumber: keyNumber, ...withEnded(group) };
  });
  return outcome;
}

/**
 * Takes an MSK out of use. Its octets are gone; its ID stays until the next rotation with `NO_MSK` and an
 * empty validity, so that UEs can be made to drop it. If it was the current one, the prepared MSK becomes
 * current immediately, or `replacement` where none is prepared. A rotation under way ends either way. A
 * repetition changes nothing and gives the same.
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function revokeMsk(
  store: KeyStore,
  ref: KeyGroupRef,
  keyNumber: number,
  replacement: Omit<StoredMsk, 'keyNumber'>,
): Promise<Revocation> {
  let outcome: Revocation = { kind: 'unknown-msk' };
  await changeKeyGroup(store, ref, (group) => {
    outcome = { kind: 'unknown-msk' };
    const revoked = group?.msks.get(keyNumber);
    if (group === undefined || revoked === undefined) return undefined;
    const survivor = survivorOf(group, keyNumber);
    if (survivor === undefined && group.isForeign === true) {
      outcome = { kind: 'foreign-key-group' };
      return undefined;
    }
    const current = survivor ?? { ...replacement, keyNumber: numberAfter(group) };
    outcome = { kind: 'revoked', currentKeyNumber: current.keyNumber, ended: undefined };
    if (isInvalidation(revoked.validity) && current.keyNumber === group.currentKeyNumber) return undefined;
    outcome = { ...outcome, ended: group.prepared };
    return {
      ...group,
      ...liveMsks<ChangedMsk>([{ keyNumber, msk: NO_MSK, validity: EMPTY_VALIDITY }, current]),
      currentKeyNumber: current.keyNumber,
      lastKeyNumber: group.msks.has(current.keyNumber) ? group.lastKeyNumber : current.keyNumber,
      ...withEnded(group),
    };
  });
  return outcome;
}

/** What a request that has come before came to; undefined for a new one. */
export function knownOutcome(group: KeyGroup, request: string): Preparation | undefined {
  const { prepared, rotationRequests, refusedRequests = [], endedRotations = [] } = group;
  if (prepared?.request === request) return { kind: 'prepared', prepared };
  const ended = endedRotations.find((each) => each.request === request);
  if (ended !== undefined) return { kind: 'ended', prepared: ended };
  // Refused again: whoever came first may have been cut off before it gave its answer.
  if (refusedRequests.includes(request)) return { kind: 'rotation-under-way', prepared };
  return rotationRequests.includes(request) ? { kind: 'repeated' } : undefined;
}

/** The rotation under way has ended. */
function withEnded({
  prepared,
  endedRotations = [],
}: KeyGroup): Pick<KeyGroup, 'prepared' | 'endedRotations'> {
  const ended = prepared === undefined ? endedRotations : [...endedRotations, prepared];
  return { prepared: undefined, endedRotations: ended.slice(-REQUESTS_REMEMBERED) };
}

/** The MSK that is current once another is revoked: the current one itself, else the prepared one. */
function survivorOf(group: KeyGroup, revoked: number): SealedMsk | undefined {
  const survivor = [group.currentKeyNumber, group.prepared?.keyNumber].find(
    (keyNumber) => keyNumber !== undefined && keyNumber !== revoked,
  );
  return survivor === undefined ? undefined : group.msks.get(survivor);
}

function numberAfter({ lastKeyNumber, currentKeyNumber, msks }: KeyGroup): number {
  return nextKeyNumber(lastKeyNumber ?? currentKeyNumber, new Set(msks.keys()));
}
