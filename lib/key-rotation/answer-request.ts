import { createHash } from 'node:crypto';
import type { DetailType, EventData, EventInput, ROTATION_REQUESTS } from '../events/contracts.ts';
import { type IncomingEvent, newEvent, newEventId } from '../events/envelope.ts';
import { type EventMetadata, stepKey } from '../events/metadata.ts';
import { formatKeyGroup, formatMskId } from '../keys/msk-id.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import { bindRequest, putRequestOutcome } from '../store/ledger/request-outcome.ts';
import type { RotationContext, RotationOutcome, RotationRefusal } from './context.ts';

/** A request to rotate, activate or revoke an MSK. */
export type RotationRequest = Extract<IncomingEvent, { detailType: (typeof ROTATION_REQUESTS)[number] }>;

/** Why a request is refused, for people. */
const MESSAGES = {
  'unknown-key-group': 'there is no such Key Group',
  'unknown-msk': 'there is no such MSK in the Key Group',
  'rotation-under-way': 'another rotation of the Key Group has not ended yet',
  'not-prepared': 'the MSK is not the one that is prepared: activated, revoked or replaced already',
  'idempotency-key-reused': 'the idempotency key is that of another request for a rotation',
  'foreign-key-group':
    'the MSKs of this Key Group are made by another network: import the next one before this one goes',
  'own-key-group': 'the Key Group has MSKs that were made here: import into one that has none',
  'key-number-used': 'the Key Number is that of another MSK, or does not come after the last one',
  'mtk-id-out-of-range': 'the MTK ID is not one that the MSK protects',
  'mtk-id-used': 'an MTK with this ID or a later one was imported under the MSK',
  'wrong-wrapping':
    "the wrapped key does not open: wrap it under the deployment's key, with the encryption context of the event",
  'wrong-key-length': 'the key material has 16 octets (MSK), or 32 or 46 with an MTK ID (MSK, MTK, salt)',
  misrouted: 'this is a request for the sender: route it to its queue',
} as const satisfies Partial<Record<RotationRefusal, string>>;

/**
 * Binds a request to its idempotency key. Everything that follows from a request has keys made of this one:
 * under another's key it would be taken for a repetition.
 * @returns false when the key is that of another request
 */
export function bindToKey(context: RotationContext, request: RotationRequest): Promise<boolean> {
  const { idempotencyKey } = request.metadata;
  return bindRequest(context.store, idempotencyKey, digestOf(request), context.now());
}

/** Records what came of an event, for those who wait for it. */
export async function recordOutcome(
  { store, now }: Pick<RotationContext, 'store' | 'now'>,
  { idempotencyKey, eventId }: Pick<EventMetadata, 'idempotencyKey' | 'eventId'>,
  outcome: RotationOutcome,
): Promise<void> {
  if (outcome.result === 'replayed' || outcome.result === 'not-concerned') return;
  await putRequestOutcome(store, { idempotencyKey, eventId }, outcome, now());
}

/** Answers a request by `MSK Rotation Refused`. */
export async function refuse(
  context: RotationContext,
  request: DetailType,
  { keyDomainId, keyGroup }: KeyGroupRef,
  reason: keyof typeof MESSAGES,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const message = MESSAGES[reason];
  const data: EventInput<'MSK Rotation Refused'> = {
    keyDomainId,
    keyGroup: formatKeyGroup(keyGroup),
    request,
    requestId: cause.eventId,
    reason,
    message,
  };
  const { idempotencyKey, eventId } = cause;
  // The refusal of a reused key must not look like the refusal of the request that has the key.
  const isReused = reason === 'idempotency-key-reused';
  const about = isReused ? { ...cause, idempotencyKey: `${idempotencyKey}/${eventId}` } : cause;
  await context.publish([newEvent('MSK Rotation Refused', data, stepsOf(context, about)('refused'))]);
  return { result: 'refused', reason, message };
}

/** The metadata of events that follow from another event: each named step has one idempotency key. */
export function stepsOf(
  context: RotationContext,
  { correlationId, idempotencyKey }: Pick<EventMetadata, 'correlationId' | 'idempotencyKey'>,
) {
  return (step: string) => ({
    eventId: newEventId(context.randomOctets),
    now: context.now(),
    correlationId,
    idempotencyKey: stepKey(idempotencyKey, step),
  });
}

/** The Key Group that a request is for. */
export function keyGroupOf(data: EventData<'Activate MSK'> | EventData<'Rotate MSK'>): KeyGroupRef {
  const { keyDomainId } = data;
  return { keyDomainId, keyGroup: 'mskId' in data ? data.mskId.keyGroup : data.keyGroup };
}

/** SHA-256 of all that a request asks for, in hexadecimal. */
function digestOf({ detailType, data }: RotationRequest): string {
  const { keyDomainId } = data;
  const rest =
    'wrappedKey' in data
      ? [formatMskId(data.mskId), data.leadTimeSeconds, data.validity?.seql, data.validity?.sequ, data.mtkId]
      : 'mskId' in data
        ? [formatMskId(data.mskId)]
        : [formatKeyGroup(data.keyGroup), data.leadTimeSeconds, data.validity?.seql, data.validity?.sequ];
  return createHash('sha256')
    .update(JSON.stringify([detailType, keyDomainId, ...rest]))
    .digest('hex');
}
