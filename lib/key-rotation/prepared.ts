import { newEvent } from '../events/envelope.ts';
import type { EventMetadata } from '../events/metadata.ts';
import { formatMskId, mskId } from '../keys/msk-id.ts';
import type { KeyGroupRef, PreparedMsk } from '../store/key-group/key-group-item.ts';
import { findRequestOutcome } from '../store/ledger/request-outcome.ts';
import { stepsOf } from './answer-request.ts';
import type { RotationContext, RotationOutcome } from './context.ts';

/**
 * An activation nearer than this is published at once: EventBridge Scheduler refuses a time that has passed.
 */
export const SOONEST_SCHEDULE_MS = 5000;

/** Pushes an MSK that stands ready to all holders, and then schedules its activation. Repeatable. */
export async function announcePrepared(
  context: RotationContext,
  { keyDomainId, keyGroup }: KeyGroupRef,
  { keyNumber, activateAt }: PreparedMsk,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  const id = mskId(keyGroup, keyNumber);
  const next = { keyDomainId, mskId: formatMskId(id) };
  const step = stepsOf(context, cause);
  const activatesNow = activateAt - context.now() < SOONEST_SCHEDULE_MS;
  const prepared = factOf({ keyDomainId, keyGroup }, { keyNumber, activateAt });
  const push = step('push');
  await context.publish([
    newEvent('MSK Prepared', prepared, step('prepared')),
    newEvent('Push MSK', { ...next, target: { allHolders: true } }, push),
    ...(activatesNow ? [newEvent('Activate MSK', next, step('activate'))] : []),
  ]);
  // After the push: an MSK that is activated and was pushed to nobody would reach only UEs that ask.
  if (!activatesNow) {
    const { idempotencyKey: request, correlationId } = cause;
    await context.scheduleActivation({ keyDomainId, mskId: id, request, correlationId, activateAt });
  }
  return { result: 'prepared', ...prepared, pushIds: [push.idempotencyKey] };
}

/**
 * Answers a request whose rotation was ended, by a revocation or by hand, before it was answered. Nothing is
 * pushed or scheduled any more. A request that was answered is a repetition.
 */
export async function answerEnded(
  context: RotationContext,
  ref: KeyGroupRef,
  ended: PreparedMsk,
  cause: EventMetadata,
): Promise<RotationOutcome> {
  if ((await findRequestOutcome(context.store, cause.idempotencyKey)) !== undefined)
    return { result: 'repeated' };
  const prepared = factOf(ref, ended);
  await context.publish([newEvent('MSK Prepared', prepared, stepsOf(context, cause)('prepared'))]);
  return { result: 'prepared', ...prepared, pushIds: [] };
}

/** What `MSK Prepared` says. */
function factOf(
  { keyDomainId, keyGroup }: KeyGroupRef,
  { keyNumber, activateAt }: Pick<PreparedMsk, 'keyNumber' | 'activateAt'>,
) {
  return {
    keyDomainId,
    mskId: formatMskId(mskId(keyGroup, keyNumber)),
    activateAt: new Date(activateAt).toISOString(),
  };
}
