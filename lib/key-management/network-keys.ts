import type { FrontDoorRequest } from '../front-door/index.ts';
import type { Btid } from '../gba/btid.ts';
import { digestPasswordOf, mukAndMrkOf } from '../gba/mbms-keys.ts';
import { type Bootstrapping, bootstrappingsOfRealm } from '../gba/realm.ts';
import { type CheckedNonce, type DigestAuthorization, isResponseCorrect } from '../http-digest/index.ts';
import type { KeySource, NetworkKeys } from '../key-source/key-source.ts';
import type { BootstrappedKeys } from '../store/association/association.ts';
import { putAssociation } from '../store/association/put-association.ts';
import { StoreError } from '../store/errors.ts';
import type { Authenticated } from './authentication.ts';
import type { KeyRequestContext } from './context.ts';
import { BLOCKED, type Challenge, challenge, type Denial, type Rejection, rejection } from './denial.ts';

/** The credentials of a request whose association is unknown or expired. */
export interface UnknownCredentials {
  readonly authorization: DigestAuthorization;
  readonly btid: Btid;
  readonly nonce: CheckedNonce;
}

/** The association is in the table now: the request is to be authenticated against it. */
export interface Stored {
  readonly kind: 'stored';
}

/**
 * The key source to ask after a request was challenged, or undefined. Asks only for an association that is
 * unknown or expired, and only when nothing else about the credentials would be challenged again: a sender
 * must have answered a challenge of this BM-SC to cause a look-up.
 */
export function sourceToAsk(
  { keySources, settings }: KeyRequestContext,
  verdict: Authenticated | Challenge,
  { authorization, btid, nonce }: UnknownCredentials,
): { readonly source: KeySource; readonly bootstrapping: Bootstrapping } | undefined {
  if (verdict.kind !== 'challenge') return undefined;
  if (verdict.reason !== 'unknown-b-tid' && verdict.reason !== 'expired-association') return undefined;
  const offered = bootstrappingsOfRealm(authorization.realm, settings.nafFqdn);
  const bootstrapping = offered.length === 2 ? bootstrappingOf(btid) : offered[0];
  if (bootstrapping === undefined) return undefined;
  const source = keySources[bootstrapping];
  const isPlausible =
    nonce.kind === 'fresh' &&
    settings.qop.includes(authorization.qop) &&
    settings.algorithms.includes(authorization.algorithm);
  return isPlausible && source !== undefined ? { source, bootstrapping } : undefined;
}

/** A B-TID starts with the Base64 of the 16 octets of RAND (TS 33.220 §4.5.2); an A-KID does not. */
function bootstrappingOf(identifier: Btid): Bootstrapping {
  return /^[A-Za-z0-9+/]{22}==@/.test(identifier) ? 'gba' : 'akma';
}

/**
 * Fetches the keys of a B-TID or an A-KID from the network (TS 33.220 §4.5.3, TS 33.535 §6.2) and stores them
 * as an association, but only when they prove the request: a forged request writes nothing.
 *
 * For an identifier that the network does not know: with GBA the challenge, by which the UE bootstraps again;
 * with AKMA a 403 without a realm (TS 33.535 annex B.1.2). A network that gives no answer is a 503 with
 * Retry-After; an association that is in the table and expired gets its challenge even then.
 * @throws StoreError
 */
export async function fetchAssociation(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  challenged: Challenge,
  credentials: UnknownCredentials,
  { source, bootstrapping }: { readonly source: KeySource; readonly bootstrapping: Bootstrapping },
): Promise<Stored | Denial> {
  const lookUp = await source.lookUp(credentials.btid);
  if (lookUp.kind === 'unknown') return bootstrapping === 'akma' ? UNKNOWN_A_KID : challenged;
  if (lookUp.kind === 'not-authorized') return NOT_AUTHORIZED;
  if (lookUp.kind === 'unavailable') {
    return challenged.reason === 'expired-association' ? challenged : unavailable(lookUp);
  }
  const keys = bootstrappedKeysOf(context, credentials.btid, lookUp.found);
  if (keys === undefined) return NO_SUBSCRIBER;
  const isCorrect = isResponseCorrect({
    authorization: credentials.authorization,
    password: digestPasswordOf(keys.mrk),
    method: request.method,
    entityBody: request.body,
  });
  if (!isCorrect) return challenge('wrong-response');
  try {
    await putAssociation(context.store, keys, undefined, { now: context.now() });
  } catch (error) {
    if (error instanceof StoreError && error.code === 'blocked') return BLOCKED;
    throw error;
  }
  return { kind: 'stored' };
}

const UNKNOWN_A_KID = rejection(403, 'unknown-a-kid', 'the AKMA keys of this UE are not available');

const NOT_AUTHORIZED = rejection(403, 'not-authorised-by-network', 'the network does not allow this service');

const NO_SUBSCRIBER = rejection(
  403,
  'no-subscriber',
  'the network names no subscriber, and this service needs a subscription',
);

function unavailable({ reason, retryAfterMs }: { reason: string; retryAfterMs: number }): Rejection {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return rejection(503, `key-source-${reason}`, 'the keys of this UE are not available now, try again', {
    headers,
  });
}

/**
 * The association that keys of the network make; undefined without an IMPI, for subscriptions are known by
 * it. A missing time of bootstrapping is now: the MIKEY counter is counted from it, and the earliest one
 * stays. A bootstrapping ahead of our clock is now, too.
 */
function bootstrappedKeysOf(
  { settings, now }: KeyRequestContext,
  btid: Btid,
  { impi, keys, bootstrappedAt, expiresAt }: NetworkKeys,
): BootstrappedKeys | undefined {
  if (impi === undefined) return undefined;
  return {
    btid,
    impi,
    gbaType: keys.type,
    ...mukAndMrkOf(keys, { mrkRule: settings.mrkRule }),
    bootstrappedAt: Math.min(bootstrappedAt ?? now(), now()),
    expiresAt: expiresAt ?? now() + settings.lifetimeWithoutExpiryMs,
  };
}
