import { newEventId } from '../events/envelope.ts';
import { type FrontDoorRequest, isFromEdge } from '../front-door/index.ts';
import type { Association } from '../store/association/association.ts';
import { type KeyRequestRead, readForKeyRequest } from '../store/key-request-read.ts';
import { type Authenticated, authenticate, staleNonce } from './authentication.ts';
import type { KeyRequestContext } from './context.ts';
import { type Denial, type Rejection, rejection } from './denial.ts';
import { credentialsOf } from './digest-header.ts';
import { type Decided, recordGrant, recordRefusal } from './grant.ts';
import { fetchAssociation, sourceToAsk, type UnknownCredentials } from './network-keys.ts';
import { countGranted, type DecodedPayload, type Procedure, payloadOf } from './procedure.ts';
import { procedureOf, type UePort, uePortOf } from './request-line.ts';
import { answered, denied, type KeyRequestResult } from './responses.ts';

/** No UE may choose its address, or avoid the edge's rules, by calling the gateway behind the edge. */
const PAST_THE_EDGE = rejection(
  403,
  'past-the-edge',
  'requests go to the key management URI of this service, not past its edge',
);

/**
 * The Key Request function: takes one request of a UE from its octets to the answer (TS 33.246 §6.3.2.2.1,
 * §G.2.3).
 *
 * Denies without a read what needs no secret to judge. A challenge costs one read and no write; an
 * authenticated MSK request costs one read and one conditional write, granted or not: the write uses up its
 * nonce count. An unauthenticated sender learns nothing about its payload. A nonce that cannot be accepted
 * costs the read of the association, which decides whether it is stale, and of nothing else. A request of an
 * unknown UE may cost a look-up in the network, and the lease that bounds look-ups: see `network-keys.ts`.
 * @param correlationId of the event that follows; undefined: the event's own ID
 * @throws StoreError, EventError or the SDK's errors when the store or the bus fails; the UE may try again
 */
export async function handleKeyRequest(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  correlationId?: string,
): Promise<KeyRequestResult> {
  const { settings } = context;
  if (!(await cameThroughEdge(context, request))) return denied(context, request, PAST_THE_EDGE);
  await context.nonceSecrets.refresh(context.now());
  const line = procedureOf(request, settings);
  if (line.kind !== 'procedure') return denied(context, request, line);
  const { procedure } = line;
  const { requestType } = settings.payloadProfile[procedure.request];
  const credentials = credentialsOf(request);
  if (credentials.kind !== 'credentials') return denied(context, request, credentials, { requestType });
  const { authorization, btid } = credentials;

  const nonce = await context.nonceSecrets.check(authorization.nonce, {
    now: context.now(),
    lifetimeMs: settings.nonceLifetimeMs,
  });
  // Decoded before the sender is known, because the one read covers what the payload names.
  const payload =
    nonce.kind === 'fresh'
      ? payloadOf(procedure, request.body, settings.payloadProfile)
      : staleNonce(nonce.kind);
  const named = payload.kind === 'payload' ? procedure.named(payload.value) : {};
  const { read, verdict } = await readAndAuthenticate(
    context,
    request,
    { authorization, btid, nonce },
    named,
  );
  if (verdict.kind !== 'authenticated') return denied(context, request, verdict, { requestType, btid });
  const identifiers = { requestType, btid, impi: verdict.association.impi };

  const decided = decide(procedure, payload, uePortOf(request, settings.uePort), verdict.association, read);
  const isGranted = decided.kind === 'decided' && countGranted(decided.decision) > 0;
  if (!isGranted) {
    const refused = await recordRefusal(context, verdict);
    if (refused.kind !== 'recorded') return denied(context, request, refused, { requestType, btid });
    if (decided.kind !== 'decided') return denied(context, request, decided, identifiers);
    return answered(context, verdict, decided.decision, identifiers);
  }
  const recorded = await recordGrant(context, request, verdict, decided);
  if (recorded.kind !== 'recorded') return denied(context, request, recorded, { requestType, btid });
  const { decision } = decided;
  const eventId = newEventId(context.randomOctets);
  const event = decision.event({
    eventId,
    now: context.now(),
    correlationId: correlationId ?? eventId,
  });
  await Promise.all([recorded.complete(), context.publish([event])]);
  return answered(context, verdict, decision, identifiers);
}

/**
 * Whether a request came through the edge, or there is none. A secret that is not held may be a new one: the
 * edge may learn of a change before this instance does.
 */
async function cameThroughEdge(
  { originSecret, now }: KeyRequestContext,
  request: FrontDoorRequest,
): Promise<boolean> {
  if (originSecret === undefined) return true;
  await originSecret.refresh(now());
  if (isFromEdge(request, originSecret.versions)) return true;
  return (await originSecret.seekNewer(now())) && isFromEdge(request, originSecret.versions);
}

/**
 * Reads what decides a request, and authenticates it. The keys of an unknown B-TID are fetched from the
 * network where there is a key source; the request is then read and authenticated as that of a known one.
 */
async function readAndAuthenticate(
  context: KeyRequestContext,
  request: FrontDoorRequest,
  credentials: UnknownCredentials,
  named: Parameters<typeof readForKeyRequest>[2],
): Promise<{ readonly read: KeyRequestRead; readonly verdict: Authenticated | Denial }> {
  const read = await readForKeyRequest(context.store, credentials.btid, named);
  const verdict = authenticate(context, read.association, credentials, request);
  const asked = sourceToAsk(context, verdict, credentials);
  if (verdict.kind === 'authenticated' || asked === undefined) return { read, verdict };
  const fetched = await fetchAssociation(context, request, verdict, credentials, asked);
  if (fetched.kind !== 'stored') return { read, verdict: fetched };
  const again = await readForKeyRequest(context.store, credentials.btid, named);
  return { read: again, verdict: authenticate(context, again.association, credentials, request) };
}

/** The decision about an authenticated request; a payload or a port that is malformed rejects all of it. */
function decide<Payload>(
  procedure: Procedure<Payload>,
  payload: DecodedPayload<Payload> | Denial,
  uePort: UePort | Rejection,
  association: Association,
  read: KeyRequestRead,
): Decided | Denial {
  if (payload.kind !== 'payload') return payload;
  if (uePort.kind !== 'ue-port') return uePort;
  return {
    kind: 'decided',
    decision: procedure.decide(payload.value, association, read),
    uePort: uePort.port,
  };
}
