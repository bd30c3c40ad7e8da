import type { EventData, EventInput } from '../events/contracts.ts';
import {
  type EventMetadata,
  type IncomingEvent,
  newEvent,
  newEventId,
  type OutgoingEvent,
} from '../events/envelope.ts';
import { newMsk } from '../keys/msk-generation.ts';
import { formatKeyGroup, formatMskId, mskId } from '../keys/msk-id.ts';
import { FULL_VALIDITY } from '../keys/msk-validity.ts';
import type { KeyGroupRef, PreparedMsk } from '../store/key-group/key-group-item.ts';
import { activateMsk, prepareMsk, revokeMsk } from '../store/key-group/msk-rotation.ts';
import type { KeyStore } from '../store/key-store.ts';
import { type ActivationId, keyOfActivation, type ScheduledActivation } from './schedules.ts';

/** All that the rotation of MSKs touches outside itself. */
export interface RotationContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Has `Activate MSK` put on the bus at its time; repeatable. */
  readonly scheduleActivation: (activation: ScheduledActivation) => Promise<void>;
  /** Undoes it where it is not needed any more; repeatable. */
  readonly cancelActivation: (activation: ActivationId) => Promise<void>;
  /** From preparation to activation where a request names none. */
  readonly leadTimeMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

type Refusal = EventInput<'MSK Rotation Refused'>['reason'];

/** What may come of an event: values of a metric's dimension. */
export const ROTATION_RESULTS = [
  'prepared',
  'activated',
  'revoked',
  'refused',
  'repeated',
  'replayed',
  'not-concerned',
] as const;

/** What came of an event, for logs; identifiers only. */
export type RotationOutcome = { readonly result: (typeof ROTATION_RESULTS)[number] } & (
  | {
      readonly result: 'prepared' | 'activated' | 'revoked';
      readonly keyDomainId: string;
      readonly mskId: string;
    }
  | { readonly result: 'refused'; readonly reason: Refusal }
  | { readonly result: 'repeated' | 'replayed' | 'not-concerned' }
);

/** A schedule is made only for what lies further ahead: EventBridge Scheduler takes no time that has passed. */
const SOONEST_SCHEDULE_MS = 5000;
/** So long after its time, in ms, an activation has been missed: schedules are up to a minute late. */
const OVERDUE_AFTER_MS = 600_000;

/**
 * Carries out a request to rotate, activate or revoke an MSK. The same event may come twice, late and in any order:
 * what it changes is changed once, and what it publishes has the idempotency key of the first time. What an
 * archive replays is left alone, for the keys of that time are gone.
 * @throws StoreError, EventError or the SDK's errors; the event is then to be handled again
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

/** The new MSK is delivered ahead; MTK IDs start anew under it, so that it protects all of them unless told otherwise. */
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
    return refuse(context, { keyDomainId, keyGroup }, preparation.kind, cause);

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
 * A rotation that was cut off for good after its first write has no event that ends it, and every later one would be
 * refused. One whose time is long past is therefore pushed and scheduled anew under its own keys: what was done before is
 * done once, and UEs have the lead time again.
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

async function activate(
  context: RotationContext,
  { keyDomainId, mskId: { keyGroup, keyNumber } }: EventData<'Activate MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const activation = await activateMsk(context.store, { keyDomainId, keyGroup }, keyNumber);
  if (activation.kind === 'not-prepared')
    return refuse(context, { keyDomainId, keyGroup }, activation.kind, cause);
  const id = mskId(keyGroup, keyNumber);
  const current = { keyDomainId, mskId: formatMskId(id) };
  await context.publish([newEvent('MSK Rotated', current, stepsOf(context, cause)('rotated'))]);
  if (activation.kind === 'activated' && cause.idempotencyKey !== keyOfActivation(activation.request))
    await context.cancelActivation({ keyDomainId, mskId: id, request: activation.request });
  return { result: 'activated', ...current };
}

/** Every UE is sent what is current, and the revoked MSK with no MTK ID that it may protect, so that it is dropped. */
async function revoke(
  context: RotationContext,
  { keyDomainId, mskId: { keyGroup, keyNumber } }: EventData<'Revoke MSK'>,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const replacement = { msk: newMsk(context.randomOctets), validity: FULL_VALIDITY };
  const revocation = await revokeMsk(context.store, { keyDomainId, keyGroup }, keyNumber, replacement);
  if (revocation.kind === 'unknown-msk')
    return refuse(context, { keyDomainId, keyGroup }, revocation.kind, cause);
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
  { keyDomainId, keyGroup }: KeyGroupRef,
  reason: Refusal,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const data = { keyDomainId, keyGroup: formatKeyGroup(keyGroup), reason };
  await context.publish([newEvent('MSK Rotation Refused', data, stepsOf(context, cause)('refused'))]);
  return { result: 'refused', reason };
}

/** What an event says of itself that follows from another: each step has a name, and with it one idempotency key. */
function stepsOf(
  context: RotationContext,
  { correlationId, idempotencyKey }: Pick<EventMetadata, 'correlationId' | 'idempotencyKey'>,
) {
  return (step: string) => ({
    eventId: newEventId(context.randomOctets),
    now: context.now(),
    correlationId,
    idempotencyKey: `${idempotencyKey}/${step}`,
  });
}
