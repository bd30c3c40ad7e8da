import { randomBytes } from 'node:crypto';
import type { UeAddress } from '../lib/address/ue-address.ts';
import type { Btid } from '../lib/gba/btid.ts';
import { loadAssociation } from '../lib/store/association/association.ts';
import { recordAuthenticatedRequest } from '../lib/store/association/authenticated-request.ts';
import { setCurrentAssociation } from '../lib/store/association/put-association.ts';
import type { KeyStore } from '../lib/store/key-store.ts';
import { copyToRegistrations } from '../lib/store/registration/delivery-copy.ts';
import {
  addRegistrations,
  deleteRegistrations,
  type RegisteringUe,
  reserveRegistrations,
} from '../lib/store/registration/registration.ts';
import type { Item } from '../lib/store/table.ts';

/** What an authenticated request of a UE asks for, and where it comes from. */
export interface GrantedRequest {
  readonly ueAddress: UeAddress;
  readonly register?: readonly string[];
  readonly deregister?: readonly string[];
  /** Where the Lambda ends that serves it; undefined: it does not. */
  readonly cutOff?: 'before-record' | 'after-record' | 'before-copies' | undefined;
}

/**
 * Writes what the Key Request function writes for a granted request, in its order.
 * @returns the copies that a cut-off left to be made
 */
export async function grant(
  store: KeyStore,
  btid: Btid,
  { ueAddress, register = [], deregister = [], cutOff }: GrantedRequest,
): Promise<Item | undefined> {
  const association = await loadAssociation(store, btid);
  if (association === undefined) throw new Error(`there is no association ${btid}`);
  if (!association.isCurrent) await setCurrentAssociation(store, association);
  if (register.length > 0) await reserveRegistrations(store, association, register);
  if (cutOff === 'before-record') return undefined;
  const recorded = await recordAuthenticatedRequest(store, association, {
    nonce: { id: randomBytes(4).toString('hex'), issuedAt: Date.now() },
    nc: 1,
    noncesExpiredBefore: 0,
    ueAddress,
    register,
  });
  if (recorded.kind === 'replayed') throw new Error('the nonce count was used before');
  if (cutOff === 'after-record') return recorded.toCopy;
  if (register.length > 0) await addRegistrations(store, association, register);
  if (deregister.length > 0)
    await deleteRegistrations(store, { impi: association.impi, doneLast: association }, deregister);
  if (cutOff === 'before-copies' || recorded.toCopy === undefined) return recorded.toCopy;
  await copyToRegistrations(store, recorded.toCopy);
  return undefined;
}

/** Registrations of a UE that has made no request: without a copy of its association. */
export async function putRegistrations(
  store: KeyStore,
  ue: RegisteringUe,
  serviceIds: readonly string[],
): Promise<void> {
  await reserveRegistrations(store, ue, serviceIds);
  await addRegistrations(store, ue, serviceIds);
}
