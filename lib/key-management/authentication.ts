import type { Btid } from '../gba/btid.ts';
import { isExpired } from '../gba/lifetime.ts';
import { digestPasswordOf } from '../gba/mbms-keys.ts';
import { realmOf } from '../gba/realm.ts';
import {
  checkNonce,
  createNonce,
  type DigestAuthorization,
  formatChallenges,
  isResponseCorrect,
} from '../http-digest/index.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { Association } from '../store/association/association.ts';
import { type IssuedNonce, isUnused } from '../store/association/nonce-counts.ts';
import type { ChallengeReason, KeyRequestContext } from './context.ts';

/** The verdict on a request's Digest credentials (TS 33.246 §6.2.1.3). */
export type Authentication =
  | { readonly authentic: true; readonly association: Association; readonly nonce: IssuedNonce }
  | { readonly authentic: false; readonly stale: boolean; readonly reason: ChallengeReason };

/** Octets of a nonce's random part. */
const NONCE_RANDOM_LENGTH = 16;

/** Stands in for the MRK of an unknown B-TID, so that the answer takes as long as for a known one. */
const NO_MRK = new SecretKey(new Uint8Array(32));

/**
 * Checks a request against the association of its B-TID. Only when the response is right for the nonce
 * it names does an unusable nonce count as stale (RFC 2617 §3.2.1), so that nothing is learnt by guessing;
 * an unknown or expired association is never stale: the UE has to bootstrap anew (TS 24.109 §5.2.5).
 */
export function authenticate(
  context: KeyRequestContext,
  association: Association | undefined,
  authorization: DigestAuthorization,
  request: { readonly method: string; readonly body: Uint8Array },
): Authentication {
  const { settings } = context;
  const now = context.now();
  const isCorrect = isResponseCorrect({
    authorization,
    password: digestPasswordOf(association?.mrk ?? NO_MRK),
    method: request.method,
    entityBody: request.body,
  });
  if (association === undefined) return refused('unknown-b-tid');
  if (!isCorrect) return refused('wrong-response');
  if (isExpired(association.expiresAt, now)) return refused('expired-association');
  if (authorization.realm !== realmOf(settings.nafFqdn)) return refused('wrong-realm');
  if (!settings.qop.includes(authorization.qop)) return refused('qop-not-offered');
  if (!settings.algorithms.includes(authorization.algorithm)) return refused('algorithm-not-offered');
  const nonce = checkNonce(authorization.nonce, {
    secret: context.nonceSecret,
    now,
    lifetimeMs: settings.nonceLifetimeMs,
  });
  if (nonce.status !== 'fresh') return { authentic: false, stale: true, reason: `nonce-${nonce.status}` };
  if (!isUnused(association.nonceCounts, nonce, authorization.nc)) {
    return { authentic: false, stale: true, reason: 'replayed' };
  }
  return { authentic: true, association, nonce };
}

/** The challenges for a 401, one for each algorithm, in one header value (RFC 7616 §3.7). */
export function challengeOf(context: KeyRequestContext, stale: boolean): string {
  const { settings } = context;
  const nonce = newNonce(context);
  return formatChallenges(
    settings.algorithms.map((algorithm) => ({
      realm: realmOf(settings.nafFqdn),
      nonce,
      qop: settings.qop,
      algorithm,
      stale,
    })),
  );
}

/** A nonce for the UE's next request once this one is past half its life; before that the UE counts on. */
export function nextNonceOf(context: KeyRequestContext, nonce: IssuedNonce): string | undefined {
  const age = context.now() - nonce.issuedAt;
  return age > context.settings.nonceLifetimeMs / 2 ? newNonce(context) : undefined;
}

/** Whether a username can be a B-TID at all; the name itself is never echoed. */
export function asBtid(username: string, parse: (text: string) => Btid): Btid | undefined {
  try {
    return parse(username);
  } catch {
    return undefined;
  }
}

function newNonce(context: KeyRequestContext): string {
  return createNonce({
    secret: context.nonceSecret,
    now: context.now(),
    random: context.randomOctets(NONCE_RANDOM_LENGTH),
  });
}

function refused(reason: ChallengeReason): Authentication {
  return { authentic: false, stale: false, reason };
}
