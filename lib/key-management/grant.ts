import { type FrontDoorRequest, ueAddressOf } from '../front-door/index.ts';
import { CLOCK_ALLOWANCE_MS } from '../http-digest/index.ts';
import {
  recordAuthenticatedRequest,
  recordRefusedRequest,
  type UsedNonceCount,
} from '../store/association/authenticated-request.ts';
import { deleteAssociation } from '../store/association/delete-association.ts';
import { setCurrentAssociation } from '../store/association/put-association.ts';
import { copyToRegistrations } from '../store/registration/delivery-copy.ts';
import {
  addRegistrations,
  deleteRegistrations,
  reserveRegistrations,
} from '../store/registration/registration.ts';
import type { Authenticated } from './authentication.ts';
import type { KeyRequestContext } from './context.ts';
import { BLOCKED, type Challenge, challenge, type Denial } from './denial.ts';
import type { Decision } from './procedure.ts';

/** The decision about an authenticated request, and the UDP port of its UE. */
export interface Decided {
  readonly kind: 'decided';
  readonly decision: Decision;
  readonly uePort: number;
}

/** A granted request whose nonce count is used up. */
export interface RecordedGrant {
  readonly kind: 'recorded';
  /** Writes what is left: what pushes read of the UE. It has no bearing on the answer, nor on the event. */
  readonly complete: () => Promise<void>;
}

/**
 * Writes what a granted request changes. One conditional write uses up the nonce count and records the UE's
 * address; an MSK request needs no other while its UE stays where it is. A first request under a new
 * association, a registration and a deregistration add theirs. A request that was cut off between two writes
 * is completed by the UE's next one.
 * @returns a stale challenge, and writes nothing more, when a parallel request has used the nonce count; a
 * rejection when the subscriber is blocked
 * @throws StoreError or the SDK's errors; FrontDoorError `no-source-address`
 */
export async function recordGrant(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  authenticated: Authenticated,
  { decision, uePort }: Decided,
): Promise<RecordedGrant | Denial> {
  const { store, originSecret } = context;
  const { association } = authenticated;
  const { register = [], deregister = [] } = decision;
  const ueAddress = { address: ueAddressOf(request, originSecret?.versions), port: uePort };
  // These come first: nothing would write them once the conditional write below is done.
  if (!association.isCurrent && !(await setCurrentAssociation(store, association))) {
    // It was stored while the subscriber was blocked, by a process that ended before it heard so.
    await deleteAssociation(store, association.btid);
    return BLOCKED;
  }
  if (register.length > 0) await reserveRegistrations(store, association, register);
  const recorded = await recordAuthenticatedRequest(store, association, {
    ...usedNonceCount(context, authenticated),
    ueAddress,
    register,
  });
  if (recorded.kind === 'replayed') return challenge('replayed', { stale: true });
  if (register.length > 0) await addRegistrations(store, association, register);
  if (deregister.length > 0) {
    await deleteRegistrations(store, { impi: association.impi, doneLast: association }, deregister);
  }
  const { toCopy } = recorded;
  return {
    kind: 'recorded',
    complete: async () => {
      if (toCopy !== undefined) await copyToRegistrations(store, toCopy);
    },
  };
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
  const { kind } = await recordRefusedRequest(context.store, association, used);
  return kind === 'replayed' ? challenge('replayed', { stale: true }) : { kind };
}

/** A window of counts is kept until its nonce is expired on an instance whose clock is behind, too. */
function usedNonceCount(
  { now, settings }: KeyRequestContext,
  { authorization, nonce }: Authenticated,
): UsedNonceCount {
  const noncesExpiredBefore = now() - settings.nonceLifetimeMs - CLOCK_ALLOWANCE_MS;
  return { nonce, nc: authorization.nc, noncesExpiredBefore };
}
