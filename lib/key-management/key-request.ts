import {
  type FrontDoorRequest,
  type HttpResponse,
  isDigestUriOfRequest,
  isFromEdge,
  ueAddressOf,
} from '../front-door/index.ts';
import { parseBtid } from '../gba/btid.ts';
import { digestPasswordOf } from '../gba/mbms-keys.ts';
import {
  type DigestAuthorization,
  DigestError,
  formatAuthenticationInfo,
  parseAuthorization,
} from '../http-digest/index.ts';
import { recordAuthenticatedRequest } from '../store/association/authenticated-request.ts';
import { readForKeyRequest } from '../store/key-request-read.ts';
import {
  deleteRegistrations,
  moveRegistrations,
  putRegistrations,
} from '../store/registration/registration.ts';
import { setCurrentAssociation } from '../store/registration/subscriber.ts';
import { asBtid, authenticate, challengeOf, nextNonceOf } from './authentication.ts';
import type { ChallengeReason, KeyRequestContext, KeyRequestOutcome } from './context.ts';
import { PayloadError } from './payload/errors.ts';
import { type Decision, type Procedure, RESPONSE_CODE } from './procedure.ts';
import { procedureOf, type Rejection, uePortOf } from './request-line.ts';

/** The answer to a UE and, beside it, what operators may know of it. */
export interface KeyRequestResult {
  readonly response: HttpResponse;
  readonly outcome: KeyRequestOutcome;
}

/**
 * The Key Request function: one request of a UE, from its octets to the answer (TS 33.246 §6.3.2.2.1, §G.2.3).
 *
 * What is wrong on its face is refused without a read; whatever else is refused costs one read and no
 * write. A granted MSK request costs one read and one conditional write. Nothing wrong with a request is
 * told before its sender is authenticated, but for what needs no secret to see.
 * @throws StoreError, EventError or the SDK's errors when the store or the bus fails; the UE may try again
 */
export async function handleKeyRequest(
  context: KeyRequestContext,
  request: FrontDoorRequest,
): Promise<KeyRequestResult> {
  const { settings } = context;
  if (settings.originSecret !== undefined && !isFromEdge(request, settings.originSecret))
    return rejected(PAST_THE_EDGE);
  const procedure = procedureOf(request, settings.path);
  if ('status' in procedure) return rejected(procedure);
  const { requestType } = procedure;

  const authorization = authorizationOf(request);
  if (authorization === undefined)
    return challenged(context, false, { reason: 'no-credentials', requestType });
  if ('status' in authorization) return rejected(authorization, { requestType });

  const payload = decoded(procedure, request.body);
  const btid = asBtid(authorization.username, parseBtid);
  if (btid === undefined) return challenged(context, false, { reason: 'not-a-b-tid', requestType });
  const read = await readForKeyRequest(
    context.store,
    btid,
    'error' in payload ? {} : procedure.named(payload.value),
  );

  const verdict = authenticate(context, read.association, authorization, request);
  if (!verdict.authentic)
    return challenged(context, verdict.stale, { reason: verdict.reason, requestType, btid });
  const { association, nonce } = verdict;
  const who = { requestType, btid, impi: association.impi };
  if ('error' in payload) return rejected(payloadRejection(payload.error), who);
  const uePort = uePortOf(request, settings.uePort);
  if (uePort === undefined) {
    return rejected(
      { status: 400, reason: 'bad-ue-port', message: 'mikey-port is a UDP port from 1 to 65535' },
      who,
    );
  }

  const decision = procedure.decide(payload.value, association, read);
  const granted = decision.responseCodes.filter((code) => code === RESPONSE_CODE.ok).length;
  const counts = { granted, refused: decision.responseCodes.length - granted };
  const answer = () =>
    answerOf(
      context,
      authorization,
      decision,
      digestPasswordOf(association.mrk),
      nextNonceOf(context, nonce),
    );
  if (granted === 0)
    return {
      response: answer(),
      outcome: { result: 'refused', reason: 'not-authorised', ...who, ...counts },
    };

  // Before the write that says it is done: a request that is cut off in between leaves it to the next one.
  if (!association.isCurrent) {
    await setCurrentAssociation(context.store, association);
    await moveRegistrations(context.store, association, [...association.registered]);
  }
  const recorded = await recordAuthenticatedRequest(context.store, association, {
    nonce,
    nc: authorization.nc,
    noncesExpiredBefore: context.now() - settings.nonceLifetimeMs,
    ueAddress: {
      address: ueAddressOf(request, context.settings),
      port: uePort,
    },
    register: decision.register ?? [],
  });
  if (recorded === 'replayed') return challenged(context, true, { reason: 'replayed', requestType, btid });
  if (decision.register?.length) await putRegistrations(context.store, association, decision.register);
  if (decision.deregister?.length)
    await deleteRegistrations(
      context.store,
      { impi: association.impi, doneLast: association.btid },
      decision.deregister,
    );
  await context.publish([decision.event({ eventId: eventIdOf(context), now: context.now() })]);
  return { response: answer(), outcome: { result: 'granted', reason: 'ok', ...who, ...counts } };
}

/** Nobody may tell the BM-SC an address, or leave the edge's rules aside, by calling what stands behind it. */
const PAST_THE_EDGE: Rejection = {
  status: 403,
  reason: 'past-the-edge',
  message: 'requests go to the key management URI of this service, not past its edge',
};

type Decoded = { readonly value: unknown } | { readonly error: PayloadError };

function decoded(procedure: Procedure<unknown>, body: Uint8Array): Decoded {
  try {
    return { value: procedure.decode(body) };
  } catch (error) {
    if (error instanceof PayloadError) return { error };
    throw error;
  }
}

/** Undefined when there are no Digest credentials at all: then the UE is challenged. */
function authorizationOf(request: FrontDoorRequest): DigestAuthorization | Rejection | undefined {
  const header = request.headers.get('authorization');
  if (header === undefined || !/^digest(\s|$)/i.test(header.trimStart())) return undefined;
  try {
    const authorization = parseAuthorization(header);
    if (isDigestUriOfRequest(authorization.uri, request)) return authorization;
    return {
      status: 400,
      reason: 'uri-mismatch',
      message: 'the uri of the Authorization header is not the Request-URI',
    };
  } catch (error) {
    if (!(error instanceof DigestError)) throw error;
    return {
      status: 400,
      reason: `authorization-${error.code}`,
      message: `Authorization header: ${error.message}`,
    };
  }
}

function payloadRejection(error: PayloadError): Rejection {
  return {
    status: error.code === 'too-large' ? 413 : 400,
    reason: `payload-${error.code}`,
    message: error.message,
  };
}

/** All items fine: an empty body. Otherwise a code for each item (TS 33.246 §6.3.2.4, unverified, docs/conformance.md). */
function answerOf(
  context: KeyRequestContext,
  authorization: DigestAuthorization,
  decision: Decision,
  password: string,
  nextnonce: string | undefined,
): HttpResponse {
  const body = decision.responseCodes.every((code) => code === RESPONSE_CODE.ok)
    ? ''
    : decision.responsePayload();
  const info = formatAuthenticationInfo({
    authorization,
    password,
    entityBody: Buffer.from(body),
    ...(nextnonce === undefined ? {} : { nextnonce }),
  });
  return {
    status: 200,
    headers: {
      'authentication-info': info,
      'cache-control': 'no-store',
      server: context.settings.nafFqdn,
      ...(body === '' ? {} : { 'content-type': decision.responseType }),
    },
    body,
  };
}

/**
 * The challenge stands twice: gateways that rename or drop `WWW-Authenticate` restore it from the copy.
 */
function challenged(
  context: KeyRequestContext,
  stale: boolean,
  about: Pick<KeyRequestOutcome, 'requestType' | 'btid'> & { readonly reason: ChallengeReason },
): KeyRequestResult {
  const challenge = challengeOf(context, stale);
  return {
    response: {
      status: 401,
      headers: {
        'www-authenticate': challenge,
        'x-bmsc-challenge': challenge,
        'cache-control': 'no-store',
        'content-type': 'text/plain; charset=utf-8',
      },
      body: 'authentication with a bootstrapped security association is required\n',
    },
    outcome: { result: 'challenged', ...about },
  };
}

function rejected(
  { status, reason, message, headers }: Rejection,
  who: Partial<KeyRequestOutcome> = {},
): KeyRequestResult {
  return {
    response: {
      status,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers },
      body: `${message}\n`,
    },
    outcome: { ...who, result: 'rejected', reason },
  };
}

function eventIdOf(context: KeyRequestContext): string {
  return Buffer.from(context.randomOctets(16)).toString('hex');
}
