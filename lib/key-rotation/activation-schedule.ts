import { createHash } from 'node:crypto';
import { ConflictException, CreateScheduleCommand } from '@aws-sdk/client-scheduler';
import type { EventInput } from '../events/contracts.ts';
import { stepKey } from '../events/metadata.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { deleteSchedule, type ScheduleGroup, scheduledEvent } from './schedule-group.ts';

/** Names an activation by the request for the rotation that it completes. */
export interface ActivationId {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** The idempotency key of the request. */
  readonly request: string;
}

/** An activation at a time ahead. */
export interface ScheduledActivation extends ActivationId {
  readonly correlationId: string;
  /** ms since the epoch, in the future; EventBridge Scheduler takes whole seconds, and is up to 60 s late. */
  readonly activateAt: number;
}

/**
 * Schedules the event `Activate MSK` for the time of an activation; the schedule then deletes itself.
 * Repeatable: one request has one schedule.
 */
export async function scheduleActivation(
  group: ScheduleGroup,
  activation: ScheduledActivation,
): Promise<void> {
  const { keyDomainId, mskId, request, correlationId, activateAt } = activation;
  const at = new Date(Math.ceil(activateAt / 1000) * 1000).toISOString().slice(0, 19);
  const data: EventInput<'Activate MSK'> = { keyDomainId, mskId: formatMskId(mskId) };
  const idempotencyKey = idempotencyKeyOfActivation(request);
  try {
    await group.scheduler.send(
      new CreateScheduleCommand({
        Name: activationName(activation),
        ScheduleExpression: `at(${at})`,
        ActionAfterCompletion: 'DELETE',
        ...scheduledEvent(group, 'Activate MSK', data, { idempotencyKey, correlationId }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
  }
}

/** The idempotency key of the event `Activate MSK` that a request for a rotation schedules. */
export function idempotencyKeyOfActivation(request: string): string {
  return stepKey(request, 'activate');
}

/** Undoes `scheduleActivation`, for an MSK that an operator has activated before its time. Repeatable. */
export async function cancelActivation(group: ScheduleGroup, activation: ActivationId): Promise<void> {
  await deleteSchedule(group, activationName(activation));
}

function activationName({ keyDomainId, mskId, request }: ActivationId): string {
  const digest = createHash('sha256').update(request).digest('hex').slice(0, 16);
  return `activate-${keyDomainId}-${formatMskId(mskId)}-${digest}`;
}
