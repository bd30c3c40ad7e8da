import type { FrontDoorRequest, HttpResponse } from '../front-door/index.ts';
import { digestPasswordOf } from '../gba/mbms-keys.ts';
import { offeredRealm } from '../gba/realm.ts';
import { createNonce, formatAuthenticationInfo, formatChallenges } from '../http-digest/index.ts';
import type { IssuedNonce } from '../store/association/nonce-counts.ts';
import type { Authenticated } from './authentication.ts';
import type { KeyRequestContext, KeyRequestOutcome } from './context.ts';
import type { Challenge, Denial, Rejection } from './denial.ts';
import { countGranted, type Decision } from './procedure.ts';

/** The answer to a UE, and the outcome for operators. */
export interface KeyRequestResult {
  readonly response: HttpResponse;
  readonly outcome: KeyRequestOutcome;
}

/** The identifiers that are known when a request is answered. */
export type RequestIdentifiers = Pick<KeyRequestOutcome, 'requestType' | 'btid' | 'impi'>;

/** Octets of a nonce's random part. */
const NONCE_RANDOM_LENGTH = 16;

const PLAIN_TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/** The 401, 4xx or 503 of a request that is denied as a whole. */
export function denied(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  denial: Denial,
  identifiers: RequestIdentifiers = {},
): KeyRequestResult {
  const { reason } = denial;
  return denial.kind === 'challenge'
    ? {
        response: challengeResponse(context, request, denial),
        outcome: { ...identifiers, result: 'challenged', reason },
      }
    : {
        response: rejectionResponse(denial),
        outcome: {
          ...identifiers,
          result: denial.status < 500 ? 'rejected' : 'failed',
          reason,
          ...(denial.mismatch && { mismatch: denial.mismatch }),
        },
      };
}

/**
 * The 200 of an authenticated request. The body is empty when every item is granted, unless the payload
 * profile has one always; otherwise it holds a code for each item (TS 33.246 §6.3.2.4, unverified,
 * docs/conformance.md). `rspauth` proves that the BM-SC holds the MRK.
 * @clause TS 33.246 §6.3.2.2.1 s12
 */
export function answered(
  context: KeyRequestContext,
  { authorization, association, nonce }: Authenticated,
  decision: Decision,
  identifiers: RequestIdentifiers,
): KeyRequestResult {
  const granted = countGranted(decision);
  const refused = decision.responseCodes.length - granted;
  const { payloadProfile } = context.settings;
  const isEmpty = refused === 0 && payloadProfile.answers === 'when-refused';
  const body = isEmpty ? '' : decision.responsePayload(payloadProfile);
  const info = formatAuthenticationInfo({
    authorization,
    password: digestPasswordOf(association.mrk),
    entityBody: Buffer.from(body),
    ...nextNonce(context, nonce),
  });
  const headers = {
    'authentication-info': info,
    'cache-control': 'no-store',
    server: context.settings.nafFqdn,
    ...(body === '' ? {} : { 'content-type': payloadProfile[decision.response].mediaType }),
  };
  const verdict =
    granted === 0
      ? ({ result: 'refused', reason: 'not-authorised' } as const)
      : ({ result: 'granted', reason: 'ok' } as const);
  return {
    response: { status: 200, headers, body },
    outcome: {
      ...verdict,
      ...identifiers,
      granted,
      refused,
      ...(decision.keyDomainIds && { keyDomainIds: decision.keyDomainIds }),
    },
  };
}

/**
 * The challenge stands in two headers: gateways that rename or drop `WWW-Authenticate` restore it from the
 * copy.
 */
function challengeResponse(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  { stale }: Challenge,
): HttpResponse {
  const challenge = challengeHeader(context, request, stale);
  return {
    status: 401,
    headers: { ...PLAIN_TEXT, 'www-authenticate': challenge, 'x-bmsc-challenge': challenge },
    body: 'authentication with a bootstrapped security association is required\n',
  };
}

function rejectionResponse({ status, message, headers }: Rejection): HttpResponse {
  return { status, headers: { ...PLAIN_TEXT, ...headers }, body: `${message}\n` };
}

/** One challenge for each algorithm, all in one header value (RFC 7616 §3.7). */
function challengeHeader(context: KeyRequestContext, { headers }: FrontDoorRequest, stale: boolean): string {
  const { nafFqdn, qop, algorithms } = context.settings;
  const hasAanf = context.keySources.akma !== undefined;
  const realm = offeredRealm(nafFqdn, headers.get('user-agent') ?? '', hasAanf);
  const common = { realm, nonce: newNonce(context), qop, stale };
  return formatChallenges(algorithms.map((algorithm) => ({ ...common, algorithm })));
}

/** A nonce for the UE's next request when this one has passed half its lifetime; before, the UE counts on. */
function nextNonce(context: KeyRequestContext, { issuedAt }: IssuedNonce): { nextnonce?: string } {
  const isAging = context.now() - issuedAt > context.settings.nonceLifetimeMs / 2;
  return isAging ? { nextnonce: newNonce(context) } : {};
}

function newNonce(context: KeyRequestContext): string {
  return createNonce({
    secret: context.nonceSecrets.current,
    now: context.now(),
    random: context.randomOctets(NONCE_RANDOM_LENGTH),
  });
}
