import { createHash } from 'node:crypto';
import type { DetailType, EventData, EventInput, PROVISIONING_REQUESTS } from '../events/contracts.ts';
import { type IncomingEvent, newEvent, newEventId, type OutgoingEvent } from '../events/envelope.ts';
import { contractBreachOf } from '../events/errors.ts';
import { stepKey } from '../events/metadata.ts';
import { aboutRefusal, readRefusedRequest, requestFields } from '../events/refused-request.ts';
import { putAssociation } from '../store/association/put-association.ts';
import { StoreError } from '../store/errors.ts';
import { bindRequest, findRequestOutcome, putRequestOutcome } from '../store/ledger/request-outcome.ts';
import { deleteSubscription, putSubscription } from '../store/registration/subscriber.ts';
import type { ProvisioningContext, ProvisioningOutcome, ProvisioningRefusal } from './context.ts';
import { ProvisioningRefused } from './errors.ts';
import { openKeys } from './wrapped-keys.ts';

/** A request to provision, or to withdraw. */
type ProvisioningRequest = Extract<IncomingEvent, { detailType: (typeof PROVISIONING_REQUESTS)[number] }>;

/** A fact, not yet an event. */
type Answer = <T extends DetailType>(detailType: T, data: EventInput<T>) => OutgoingEvent;

/**
 * Carries out a request to provision a subscription or an association, or to withdraw a subscription. An
 * event may come twice and late: a request under the same key is carried out once, and answered each time.
 * Another request under the same key is refused. Ignores what an archive replays: its keys are of then.
 * @throws ProvisioningRefused, StoreError, EventError or the SDK's errors
 */
export async function handleProvisioningEvent(
  context: ProvisioningContext,
  event: IncomingEvent,
): Promise<ProvisioningOutcome> {
  if (event.replayName !== undefined) return { result: 'replayed' };
  switch (event.detailType) {
    case 'Provision Subscription':
    case 'Withdraw Subscription':
    case 'Provision Association':
      return handleRequest(context, event);
    default:
      return { result: 'not-concerned' };
  }
}

async function handleRequest(
  context: ProvisioningContext,
  request: ProvisioningRequest,
): Promise<ProvisioningOutcome> {
  const { store, now, publish, randomOctets } = context;
  const { idempotencyKey, eventId, correlationId } = request.metadata;
  if (!(await bindRequest(store, idempotencyKey, digestOf(request), now())))
    throw new ProvisioningRefused('idempotency-key-reused', 'the idempotency key is that of another request');
  const result = request.detailType === 'Withdraw Subscription' ? 'withdrawn' : 'provisioned';
  const isRepeated = (await findRequestOutcome(store, idempotencyKey))?.result === result;
  // A late repetition must not undo what another request has changed since.
  if (!isRepeated) {
    await carryOut(context, request);
    await putRequestOutcome(store, { idempotencyKey, eventId }, { result }, now());
  }
  const about = { eventId: newEventId(randomOctets), now: now(), correlationId };
  const answer: Answer = (detailType, data) =>
    newEvent(detailType, data, { ...about, idempotencyKey: stepKey(idempotencyKey, result) });
  await publish([factOf(request, answer)]);
  return { result: isRepeated ? 'repeated' : result };
}

async function carryOut(context: ProvisioningContext, request: ProvisioningRequest): Promise<void> {
  const { detailType, data } = request;
  switch (detailType) {
    case 'Provision Subscription':
      return putSubscription(context.store, data.impi, data.serviceId);
    case 'Withdraw Subscription':
      return deleteSubscription(context.store, data.impi, data.serviceId);
    case 'Provision Association':
      return provisionAssociation(context, data);
  }
}

/** @throws ProvisioningRefused, StoreError, or the SDK's errors */
async function provisionAssociation(
  context: ProvisioningContext,
  association: EventData<'Provision Association'>,
): Promise<void> {
  const { bTid: btid, impi, gbaType, replace } = association;
  const bootstrappedAt = Date.parse(association.bootstrappedAt);
  const expiresAt = Date.parse(association.expiresAt);
  const now = context.now();
  if (expiresAt <= Math.max(now, bootstrappedAt))
    throw new ProvisioningRefused('expired', `the association has expired at ${association.expiresAt}`);
  const keys = await openKeys(context, association);
  try {
    const stored = { btid, impi, gbaType, ...keys, bootstrappedAt, expiresAt };
    await putAssociation(context.store, stored, undefined, { replace, now });
  } catch (error) {
    throw refusalOfStore(error) ?? error;
  }
}

function refusalOfStore(error: unknown): ProvisioningRefused | undefined {
  if (!(error instanceof StoreError)) return undefined;
  const { code, message: text } = error;
  if (code === 'exists') return new ProvisioningRefused('b-tid-of-another', text, { cause: error });
  if (code === 'blocked') return new ProvisioningRefused('blocked', text, { cause: error });
  if (code === 'invalid') return new ProvisioningRefused('bootstrapped-ahead', text, { cause: error });
  return undefined;
}

function factOf({ detailType, data }: ProvisioningRequest, answer: Answer): OutgoingEvent {
  const { impi } = data;
  switch (detailType) {
    case 'Provision Subscription':
      return answer('Subscription Provisioned', { impi, serviceId: data.serviceId });
    case 'Withdraw Subscription':
      return answer('Subscription Withdrawn', { impi, serviceId: data.serviceId });
    case 'Provision Association':
      return answer('Association Provisioned', { impi, bTid: data.bTid, expiresAt: data.expiresAt });
  }
}

/**
 * Answers a request that can't succeed by `Provisioning Refused`, with what can be read of it. Ignores what
 * an archive replays.
 * @throws the error itself when another try may mend it; EventError `not-published` or the SDK's errors
 */
export async function refuseProvisioning(
  context: Pick<ProvisioningContext, 'publish' | 'now' | 'randomOctets' | 'store'>,
  text: string,
  error: unknown,
): Promise<ProvisioningOutcome> {
  const refusal = refusalOf(error);
  if (refusal === undefined) throw error;
  const request = readRefusedRequest(text);
  if (request.replayName !== undefined) return { result: 'replayed' };
  const data = { ...requestFields(request), ...refusal };
  await context.publish([newEvent('Provisioning Refused', data, aboutRefusal(request, context))]);
  return { result: 'refused', ...refusal };
}

function refusalOf(error: unknown): { reason: ProvisioningRefusal; message: string } | undefined {
  if (error instanceof ProvisioningRefused) return { reason: error.code, message: error.message };
  return contractBreachOf(error);
}

/**
 * SHA-256 of all that a request asks for, in hexadecimal. Key material counts by its B-TID: it is wrapped
 * anew each time, and so never the same octets.
 */
function digestOf({ detailType, data }: ProvisioningRequest): string {
  const rest =
    'serviceId' in data
      ? [data.serviceId]
      : [data.bTid, data.gbaType, data.bootstrappedAt, data.expiresAt, data.replace, data.mrkRule];
  return createHash('sha256')
    .update(JSON.stringify([detailType, data.impi, ...rest]))
    .digest('hex');
}
