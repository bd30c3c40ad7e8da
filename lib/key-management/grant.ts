import { type FrontDoorRequest, ueAddressOf } from '../front-door/index.ts';
import { CLOCK_ALLOWANCE_MS } from '../http-digest/index.ts';
import {
  recordAuthenticatedRequest,
  recordRefusedRequest,
  type UsedNonceCount,
} from '../store/association/authenticated-request.ts';
import { setCurrentAssociation } from '../store/association/put-association.ts';
import {
  deleteRegistrations,
  moveRegistrations,
  putRegistrations,
} from '../store/registration/registration.ts';
import type { Authenticated } from './authentication.ts';
import type { KeyRequestContext } from './context.ts';
import { type Challenge, challenge } from './denial.ts';
import type { Decision } from './procedure.ts';

/** The decision about an authenticated request, and the UDP port of its UE. */
export interface Decided {
  readonly kind: 'decided';
  readonly decision: Decision;
  readonly uePort: number;
}

/**
 * Writes what a granted request changes. One conditional write uses up the nonce count and records the UE's
 * address; an MSK request needs no other. A first request under a new association, a registration and a
 * deregistration add theirs. A request that was cut off between two writes is completed by the UE's next one.
 * @returns a stale challenge, and writes nothing more, when a parallel request has used the nonce count
 * @throws StoreError or the SDK's errors; FrontDoorError `no-source-address`
 */
export async function recordGrant(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  authenticated: Authenticated,
  { decision, uePort }: Decided,
): Promise<{ readonly kind: 'recorded' } | Challenge> {
  const { store, settings } = context;
  const { association } = authenticated;
  const { register = [], deregister = [] } = decision;
  // These come first: the conditional write below marks the association as current, and nothing would move
  // them later.
  if (!association.isCurrent) {
    await setCurrentAssociation(store, association);
    await moveRegistrations(store, association, [...association.registered]);
  }
  const recorded = await recordAuthenticatedRequest(store, association, {
    ...usedNonceCount(context, authenticated),
    ueAddress: { address: ueAddressOf(request, settings), port: uePort },
    register,
  });
  if (recorded === 'replayed') return challenge('replayed', { stale: true });
  if (register.length > 0) await putRegistrations(store, association, register);
  if (deregister.length > 0) {
    await deleteRegistrations(store, { impi: association.impi, doneLast: association.btid }, deregister);
  }
  return { kind: 'recorded' };
}

/**
 * Uses up the nonce count of an authenticated request of which nothing is granted, by one conditional write.
 * The same octets could otherwise be sent again, by anybody, until they are granted (RFC 7616 §3.4).
 * @returns as `recordGrant`
 * @throws the SDK's errors
 */
export async function recordRefusal(
  context: KeyRequestContext,
  authenticated: Authenticated,
): Promise<{ readonly kind: 'recorded' } | Challenge> {
  const { association } = authenticated;
  const used = usedNonceCount(context, authenticated);
  const recorded = await recordRefusedRequest(context.store, association, used);
  return recorded === 'replayed' ? challenge('replayed', { stale: true }) : { kind: 'recorded' };
}

/** A window of counts is kept until its nonce is expired on an instance whose clock is behind, too. */
function usedNonceCount(
  { now, settings }: KeyRequestContext,
  { authorization, nonce }: Authenticated,
): UsedNonceCount {
  const noncesExpiredBefore = now() - settings.nonceLifetimeMs - CLOCK_ALLOWANCE_MS;
  return { nonce, nc: authorization.nc, noncesExpiredBefore };
}
