import { isExpired } from '../gba/lifetime.ts';
import { digestPasswordOf } from '../gba/mbms-keys.ts';
import { type Bootstrapping, bootstrappingsOfRealm } from '../gba/realm.ts';
import { type CheckedNonce, type DigestAuthorization, isResponseCorrect } from '../http-digest/index.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { Association } from '../store/association/association.ts';
import { type IssuedNonce, isUnused } from '../store/association/nonce-counts.ts';
import type { KeyRequestContext } from './context.ts';
import { type Challenge, challenge } from './denial.ts';

/** A request whose sender holds the MRK of the association. */
export interface Authenticated {
  readonly kind: 'authenticated';
  readonly authorization: DigestAuthorization;
  readonly association: Association;
  readonly nonce: IssuedNonce;
}

/** The challenge for a nonce that is expired, or that this BM-SC has not made. */
export function staleNonce(kind: 'expired' | 'foreign'): Challenge {
  return challenge(`nonce-${kind}`, { stale: true });
}

/** Stands in for the MRK of an unknown B-TID, so that the answer takes as long as for a known one. */
const NO_MRK = new SecretKey(new Uint8Array(32));

/**
 * Checks a request against the association of its B-TID (TS 33.246 §6.2.1.3). A challenge is stale only when
 * the response is correct and the nonce or its count can't be used (RFC 2617 §3.2.1): a guess learns nothing.
 * For an unknown or expired association it is never stale: the UE has to bootstrap anew (TS 24.109 §5.2.5).
 */
export function authenticate(
  context: KeyRequestContext,
  association: Association | undefined,
  { authorization, nonce }: { readonly authorization: DigestAuthorization; readonly nonce: CheckedNonce },
  request: { readonly method: string; readonly body: Uint8Array },
): Authenticated | Challenge {
  const { settings } = context;
  const isCorrect = isResponseCorrect({
    authorization,
    password: digestPasswordOf(association?.mrk ?? NO_MRK),
    method: request.method,
    entityBody: request.body,
  });
  if (association === undefined) return challenge('unknown-b-tid');
  if (!isCorrect) return challenge('wrong-response');
  if (isExpired(association.expiresAt, context.now())) return challenge('expired-association');
  const bootstrappings = bootstrappingsOfRealm(authorization.realm, settings.nafFqdn);
  if (!bootstrappings.includes(bootstrappingOf(association))) return challenge('wrong-realm');
  if (!settings.qop.includes(authorization.qop)) return challenge('qop-not-offered');
  if (!settings.algorithms.includes(authorization.algorithm)) return challenge('algorithm-not-offered');
  if (nonce.kind !== 'fresh') return staleNonce(nonce.kind);
  if (!isUnused(association.nonceCounts, nonce, authorization.nc))
    return challenge('replayed', { stale: true });
  return { kind: 'authenticated', authorization, association, nonce };
}

/** The bootstrapping that an association comes from. */
function bootstrappingOf({ gbaType }: Association): Bootstrapping {
  return gbaType === 'AKMA' ? 'akma' : 'gba';
}
