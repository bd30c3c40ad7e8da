import type { EventData, ROTATION_REQUESTS } from '../events/contracts.ts';
import { type IncomingEvent, newEvent, newEventId } from '../events/envelope.ts';
import { type EventMetadata, stepKey } from '../events/metadata.ts';
import { newMsk } from '../keys/msk-generation.ts';
import { formatKeyGroup, formatMskId, mskId } from '../keys/msk-id.ts';
import { FULL_VALIDITY } from '../keys/msk-validity.ts';
import type { KeyGroupRef, PreparedMsk } from '../store/key-group/key-group-item.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../store/key-group/msk-rotation.ts';
import { idempotencyKeyOfActivation } from './activation-schedule.ts';
import type { RotationContext, RotationOutcome } from './context.ts';

/**
 * An activation nearer than this is published at once: EventBridge Scheduler refuses a time that has passed.
 */
const SOONEST_SCHEDULE_MS = 5000;
/** An activation that is later than this has been missed: EventBridge Scheduler is up to a minute late. */
const OVERDUE_AFTER_MS = 600_000;

/** Why a request is refused, for people. */
const MESSAGES = {
  'unknown-key-group': 'there is no such Key Group',
  'unknown-msk': 'there is no such MSK in the Key Group',
  'rotation-under-way': 'another rotation of the Key Group has not ended yet',
  'not-prepared': 'the MSK is not the one that is prepared: activated, revoked or replaced already',
} as const;

/**
 * Carries out a request to rotate, activate or revoke an MSK. An event may come twice, late and in any order:
 * it changes the store once, and each repetition publishes with the idempotency keys of the first time.
 * Ignores an event that an archive replays: the keys of that time are gone.
 * @throws StoreError, EventError or the SDK's errors; the event must then be handled again
 */
export async function handleRotationEvent(
  context: RotationContext,
  event: IncomingEvent,
): Promise<RotationOutcome> {
  if (event.replayName !== undefined) return { result: 'replayed' };
  switch (event.detailType) {
    case 'Rotate MSK':
      return prepare(context, event.data, event.metadata);
    case 'Activate MSK':
      return activate(context, event.data, event.metadata);
    case 'Revoke MSK':
      return revoke(context, event.data, event.metadata);
    default:
      return { result: 'not-concerned' };
  }
}

/**
 * Makes the next MSK, pushes it to all holders, and schedules its activation. MTK IDs start anew under an
 * MSK, so it protects all of them unless the request sets a validity.
 */
async function prepare(
  context: RotationContext,
  { keyDomainId, keyGroup, leadTimeSeconds, validity }: EventData<'Rotate MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const preparation = await prepareMsk(
    context.store,
    { keyDomainId, keyGroup },
    {
      request: cause.idempotencyKey,
      msk: newMsk(context.randomOctets),
      validity: validity ?? FULL_VALIDITY,
      now: context.now(),
      leadTimeMs: leadTimeSeconds === undefined ? context.leadTimeMs : leadTimeSeconds * 1000,
    },
  );
  if (preparation.kind === 'repeated') return { result: 'repeated' };
  if (preparation.kind === 'rotation-under-way')
    await resumeIfOverdue(context, { keyDomainId, keyGroup }, preparation.prepared, cause);
  if (preparation.kind !== 'prepared')
    return refuse(context, 'Rotate MSK', { keyDomainId, keyGroup }, preparation.kind, cause);

  const { keyNumber, activateAt } = preparation.prepared;
  const id = mskId(keyGroup, keyNumber);
  const next = { keyDomainId, mskId: formatMskId(id) };
  const step = stepsOf(context, cause);
  const activatesNow = activateAt - context.now() < SOONEST_SCHEDULE_MS;
  if (!activatesNow) {
    const { idempotencyKey: request, correlationId } = cause;
    await context.scheduleActivation({ keyDomainId, mskId: id, request, correlationId, activateAt });
  }
  await context.publish([
    newEvent('MSK Prepared', { ...next, activateAt: new Date(activateAt).toISOString() }, step('prepared')),
    newEvent('Push MSK', { ...next, target: { allHolders: true } }, step('push')),
    ...(activatesNow ? [newEvent('Activate MSK', next, step('activate'))] : []),
  ]);
  return { result: 'prepared', ...next };
}

/**
 * Pushes and schedules anew a rotation whose activation was missed. A rotation that stopped after its first
 * write has no event that ends it, and would make every later request refused. It keeps its own idempotency
 * keys, so nothing is done twice, and UEs get the lead time again.
 */
async function resumeIfOverdue(
  context: RotationContext,
  { keyDomainId, keyGroup }: KeyGroupRef,
  { keyNumber, request, activateAt }: PreparedMsk,
  { correlationId }: EventMetadata,
): Promise<void> {
  const now = context.now();
  if (activateAt + OVERDUE_AFTER_MS > now) return;
  const id = mskId(keyGroup, keyNumber);
  const { leadTimeMs } = context;
  const anew = now + Math.max(leadTimeMs, SOONEST_SCHEDULE_MS);
  await context.scheduleActivation({ keyDomainId, mskId: id, request, correlationId, activateAt: anew });
  const step = stepsOf(context, { correlationId, idempotencyKey: request });
  const target = { allHolders: true } as const;
  await context.publish([
    newEvent('Push MSK', { keyDomainId, mskId: formatMskId(id), target }, step('push')),
  ]);
}

/**
 * Makes the prepared MSK the current one. Cancels its schedule when another event than the scheduled one came
 * first.
 */
async function activate(
  context: RotationContext,
  { keyDomainId, mskId: { keyGroup, keyNumber } }: EventData<'Activate MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const activation = await activateMsk(context.store, { keyDomainId, keyGroup }, keyNumber);
  if (activation.kind === 'not-prepared')
    return refuse(context, 'Activate MSK', { keyDomainId, keyGroup }, activation.kind, cause);
  const id = mskId(keyGroup, keyNumber);
  const current = { keyDomainId, mskId: formatMskId(id) };
  await context.publish([newEvent('MSK Rotated', current, stepsOf(context, cause)('rotated'))]);
  if (
    activation.kind === 'activated' &&
    cause.idempotencyKey !== idempotencyKeyOfActivation(activation.request)
  )
    await context.cancelActivation({ keyDomainId, mskId: id, request: activation.request });
  return { result: 'activated', ...current };
}

/** Pushes the current MSK to all holders, and the revoked MSK with an empty validity, so that UEs drop it. */
async function revoke(
  context: RotationContext,
  { keyDomainId, mskId: { keyGroup, keyNumber } }: EventData<'Revoke MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const replacement = { msk: newMsk(context.randomOctets), validity: FULL_VALIDITY };
  const revocation = await revokeMsk(context.store, { keyDomainId, keyGroup }, keyNumber, replacement);
  if (revocation.kind === 'unknown-msk')
    return refuse(context, 'Revoke MSK', { keyDomainId, keyGroup }, revocation.kind, cause);
  const revoked = { keyDomainId, mskId: formatMskId(mskId(keyGroup, keyNumber)) };
  const currentMskId = formatMskId(mskId(keyGroup, revocation.currentKeyNumber));
  const target = { allHolders: true } as const;
  const step = stepsOf(context, cause);
  await context.publish([
    newEvent('MSK Revoked', { ...revoked, currentMskId }, step('revoked')),
    newEvent('Push MSK', { keyDomainId, mskId: currentMskId, target }, step('push-current')),
    newEvent('Push MSK', { ...revoked, target }, step('push-revoked')),
  ]);
  return { result: 'revoked', ...revoked };
}

async function refuse(
  context: RotationContext,
  request: (typeof ROTATION_REQUESTS)[number],
  { keyDomainId, keyGroup }: KeyGroupRef,
  reason: keyof typeof MESSAGES,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const message = MESSAGES[reason];
  const about = { keyDomainId, keyGroup: formatKeyGroup(keyGroup), request, requestId: cause.eventId };
  const data = { ...about, reason, message };
  await context.publish([newEvent('MSK Rotation Refused', data, stepsOf(context, cause)('refused'))]);
  return { result: 'refused', reason, message };
}

/** The metadata of events that follow from another event: each named step has one idempotency key. */
function stepsOf(
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
