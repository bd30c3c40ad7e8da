import type { UeAddress } from '../../address/ue-address.ts';
import { type ItemUpdate, updatedIf, updateIf } from '../conditional-write.ts';
import { associationKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { RAISED_BY, RAISED_VERSION } from '../registration/delivery-copy.ts';
import type { Item } from '../table.ts';
import { type AssociationState, loadAssociation } from './association.ts';
import { type IssuedNonce, isUnused, type NonceCountUpdate, nonceCountUpdate } from './nonce-counts.ts';

/** The nonce count of an authenticated request. */
export interface UsedNonceCount {
  readonly nonce: IssuedNonce;
  readonly nc: number;
  /** ms since the epoch; nonces issued earlier are expired on every instance. */
  readonly noncesExpiredBefore: number;
}

/** What an authenticated request leaves behind in the association when something of it is granted. */
export interface AuthenticatedRequest extends UsedNonceCount {
  readonly ueAddress: UeAddress;
  readonly register?: readonly string[];
}

/** A window that slides, or a nonce that makes room, may meet a parallel request doing the same. */
const TRIES = 4;

/** The outcome of a request whose nonce count was unused. */
export interface RecordedRequest {
  readonly kind: 'recorded';
  /**
   * The item as it is then, when its copies in registrations have to be made anew; see `copyToRegistrations`.
   */
  readonly toCopy: Item | undefined;
}

/** The nonce count was used before, and nothing is changed. */
export interface ReplayedRequest {
  readonly kind: 'replayed';
}

/**
 * Uses up the nonce count and, in the same conditional write, records the UE's address, makes the
 * association the current one, and adds to its registrations. One round trip; a further read and write
 * only when a parallel request slid the same window.
 */
export function recordAuthenticatedRequest(
  store: KeyStore,
  association: AssociationState,
  request: AuthenticatedRequest,
): Promise<RecordedRequest | ReplayedRequest> {
  return updateUnlessReplayed(store, association, request, (known) => grantedUpdateOf(known, request));
}

/**
 * Uses up the nonce count of a request of which nothing is granted, and changes nothing else. Without it the
 * same octets could be sent again until they are granted.
 */
export function recordRefusedRequest(
  store: KeyStore,
  association: AssociationState,
  used: UsedNonceCount,
): Promise<RecordedRequest | ReplayedRequest> {
  return updateUnlessReplayed(store, association, used, (known) => ({
    update: updateOf(countUpdateOf(known, used)),
    isToCopy: false,
  }));
}

/** An update of an association, and whether its copies in registrations have to follow. */
interface RequestUpdate {
  readonly update: ItemUpdate;
  readonly isToCopy: boolean;
}

async function updateUnlessReplayed(
  store: KeyStore,
  association: AssociationState,
  { nonce, nc }: UsedNonceCount,
  updateFor: (known: AssociationState) => RequestUpdate,
): Promise<RecordedRequest | ReplayedRequest> {
  let known: AssociationState | undefined = association;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (known === undefined || !isUnused(known.nonceCounts, nonce, nc)) return { kind: 'replayed' };
    const { update, isToCopy } = updateFor(known);
    const key = associationKey(known.btid);
    if (isToCopy) {
      const item = await updatedIf(store, key, update);
      if (item !== undefined) return { kind: 'recorded', toCopy: item };
    } else if (await updateIf(store, key, update)) return { kind: 'recorded', toCopy: undefined };
    known = await loadAssociation(store, association.btid);
  }
  return { kind: 'replayed' };
}

/**
 * A change that pushes must know of raises the version of the item's copies. They are marked as due where
 * there are registrations to copy to: if the request is cut off, the next one makes them.
 */
function grantedUpdateOf(association: AssociationState, request: AuthenticatedRequest): RequestUpdate {
  const counts = countUpdateOf(association, request);
  const values: Item = { ...counts.values };
  const add = [...counts.add];
  const set = [...counts.set];
  if (!isSameAddress(association.ueAddress, request.ueAddress)) {
    set.push('ueAddress = :ueAddress', 'uePort = :uePort');
    values[':ueAddress'] = { S: request.ueAddress.address };
    values[':uePort'] = { N: String(request.ueAddress.port) };
  }
  if (!association.isCurrent) {
    set.push('isCurrent = :isCurrent');
    values[':isCurrent'] = { BOOL: true };
  }
  if (request.register?.length) {
    add.push('registered :registered');
    values[':registered'] = { SS: [...request.register] };
  }
  const isChanged = set.length > counts.set.length || add.length > counts.add.length;
  if (isChanged) {
    add.push(RAISED_VERSION);
    Object.assign(values, RAISED_BY);
    if (association.registered.size > 0) {
      set.push('copyDue = :copyDue');
      values[':copyDue'] = { BOOL: true };
    }
  }
  return {
    update: updateOf({ ...counts, add, set, values }),
    isToCopy: isChanged || association.isCopyDue,
  };
}

function countUpdateOf(association: AssociationState, used: UsedNonceCount): NonceCountUpdate {
  return nonceCountUpdate(association.nonceCounts, used.nonce, used.nc, used.noncesExpiredBefore);
}

function updateOf({ conditions, add, set, remove, names, values }: NonceCountUpdate): ItemUpdate {
  return {
    condition: ['attribute_exists(pk)', ...conditions].join(' AND '),
    update: [clause('ADD', add), clause('SET', set), clause('REMOVE', remove)].join(' '),
    names,
    values,
  };
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}

function isSameAddress(one: UeAddress | undefined, other: UeAddress): boolean {
  return one?.address === other.address && one.port === other.port;
}
