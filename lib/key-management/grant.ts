import { type FrontDoorRequest, ueAddressOf } from '../front-door/index.ts';
import { recordAuthenticatedRequest } from '../store/association/authenticated-request.ts';
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
  { authorization, association, nonce }: Authenticated,
  uePort: number,
  { register = [], deregister = [] }: Decision,
): Promise<{ readonly kind: 'recorded' } | Challenge> {
  const { store, settings } = context;
  // These come first: the conditional write below marks the association as current, and nothing would move
  // them later.
  if (!association.isCurrent) {
    await setCurrentAssociation(store, association);
    await moveRegistrations(store, association, [...association.registered]);
  }
  const recorded = await recordAuthenticatedRequest(store, association, {
    nonce,
    nc: authorization.nc,
    noncesExpiredBefore: context.now() - settings.nonceLifetimeMs,
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
