import type { EventData } from '../events/contracts.ts';
import { type IncomingEvent, newEvent } from '../events/envelope.ts';
import type { EventMetadata } from '../events/metadata.ts';
import { newMsk } from '../keys/msk-generation.ts';
import { formatMskId, mskId } from '../keys/msk-id.ts';
import { FULL_VALIDITY } from '../keys/msk-validity.ts';
import type { KeyGroupRef, PreparedMsk } from '../store/key-group/key-group-item.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../store/key-group/msk-rotation.ts';
import { putStop } from '../store/stops.ts';
import { idempotencyKeyOfActivation } from './activation-schedule.ts';
import {
  bindToKey,
  keyGroupOf,
  type RotationRequest,
  recordOutcome,
  refuse,
  stepsOf,
} from './answer-request.ts';
import type { RotationContext, RotationOutcome } from './context.ts';
import { importKeys } from './import.ts';
import { announcePrepared, answerEnded, SOONEST_SCHEDULE_MS } from './prepared.ts';

/** An activation that is later than this has been missed: EventBridge Scheduler is up to a minute late. */
const OVERDUE_AFTER_MS = 600_000;

/**
 * Carries out a request to rotate, activate, revoke or import an MSK. An event may come twice, late and in
 * any order: it changes the store once, and each repetition publishes with the idempotency keys of the first
 * time. Another request under the same key is refused, and so is a request for the sender. Ignores an event
 * that an archive replays: the keys of that time are gone.
 * @throws StoreError, EventError or the SDK's errors; the event must then be handled again
 */
export async function handleRotationEvent(
  context: RotationContext,
  event: IncomingEvent,
): Promise<RotationOutcome> {
  if (event.replayName !== undefined) return { result: 'replayed' };
  const { detailType, data, metadata } = event;
  switch (detailType) {
    case 'Rotate MSK':
    case 'Activate MSK':
    case 'Revoke MSK':
    case 'Import MSK': {
      const outcome = await handleRequest(context, event);
      await recordOutcome(context, metadata, outcome);
      return outcome;
    }
    // Requests for the sender, which a rule has brought here.
    case 'Push MSK':
    case 'Solicit MSK Pull':
      return refuse(context, detailType, keyGroupOf(data), 'misrouted', metadata);
    default:
      return { result: 'not-concerned' };
  }
}

async function handleRequest(context: RotationContext, request: RotationRequest): Promise<RotationOutcome> {
  const { detailType, data, metadata } = request;
  if (!(await bindToKey(context, request)))
    return refuse(context, detailType, keyGroupOf(data), 'idempotency-key-reused', metadata);
  switch (detailType) {
    case 'Rotate MSK':
      return prepare(context, data, metadata);
    case 'Activate MSK':
      return activate(context, data, metadata);
    case 'Import MSK':
      return importKeys(context, data, metadata);
    default:
      return revoke(context, data, metadata);
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
  if (preparation.kind === 'ended')
    return answerEnded(context, { keyDomainId, keyGroup }, preparation.prepared, cause);
  if (preparation.kind === 'rotation-under-way' && preparation.prepared !== undefined)
    await resumeIfOverdue(context, { keyDomainId, keyGroup }, preparation.prepared, cause);
  if (preparation.kind !== 'prepared')
    return refuse(context, 'Rotate MSK', { keyDomainId, keyGroup }, preparation.kind, cause);

  return announcePrepared(context, { keyDomainId, keyGroup }, preparation.prepared, cause);
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
  const step = stepsOf(context, { correlationId, idempotencyKey: request });
  const target = { allHolders: true } as const;
  await context.publish([
    newEvent('Push MSK', { keyDomainId, mskId: formatMskId(id), target }, step('push')),
  ]);
  await context.scheduleActivation({ keyDomainId, mskId: id, request, correlationId, activateAt: anew });
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

/**
 * Stops what senders have in hand of the revoked MSK. Pushes the current MSK to all holders, and the revoked
 * one with an empty validity, so that UEs drop it. A rotation that ended by it loses its schedule.
 */
async function revoke(
  context: RotationContext,
  { keyDomainId, mskId: { keyGroup, keyNumber } }: EventData<'Revoke MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const replacement = { msk: newMsk(context.randomOctets), validity: FULL_VALIDITY };
  const revocation = await revokeMsk(context.store, { keyDomainId, keyGroup }, keyNumber, replacement);
  if (revocation.kind !== 'revoked')
    return refuse(context, 'Revoke MSK', { keyDomainId, keyGroup }, revocation.kind, cause);
  const id = mskId(keyGroup, keyNumber);
  // Before the pushes: what was read earlier must not reach UEs after what makes them drop it.
  const stop = { kind: 'msk-revoked', keyDomainId, mskId: id } as const;
  await putStop(context.store, stop, { now: context.now(), id: cause.eventId });
  const revoked = { keyDomainId, mskId: formatMskId(id) };
  const currentMskId = formatMskId(mskId(keyGroup, revocation.currentKeyNumber));
  const target = { allHolders: true } as const;
  const step = stepsOf(context, cause);
  const pushes = [step('push-current'), step('push-revoked')] as const;
  await context.publish([
    newEvent('MSK Revoked', { ...revoked, currentMskId }, step('revoked')),
    newEvent('Push MSK', { keyDomainId, mskId: currentMskId, target }, pushes[0]),
    newEvent('Push MSK', { ...revoked, target }, pushes[1]),
  ]);
  // Last, for it only saves a refusal: what is left behind finds nothing prepared when its time comes.
  const { ended } = revocation;
  if (ended !== undefined) {
    const { keyNumber: prepared, request } = ended;
    await context.cancelActivation({ keyDomainId, mskId: mskId(keyGroup, prepared), request });
  }
  const pushIds = pushes.map(({ idempotencyKey }) => idempotencyKey);
  return { result: 'revoked', ...revoked, currentMskId, pushIds };
}
