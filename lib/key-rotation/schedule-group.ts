import {
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { type EventInput, SCHEMA_VERSION } from '../events/contracts.ts';

/**
 * The schedule group of EventBridge Scheduler that holds all schedules; `roleArn` lets them put events on the
 * bus.
 */
export interface ScheduleGroup {
  readonly scheduler: SchedulerClient;
  readonly groupName: string;
  readonly roleArn: string;
  readonly eventBusArn: string;
  /** `source` of the events. */
  readonly commandSource: string;
}

/** Deletes a schedule by its name. @returns false when there is none */
export async function deleteSchedule(
  { scheduler, groupName }: ScheduleGroup,
  name: string,
): Promise<boolean> {
  try {
    await scheduler.send(new DeleteScheduleCommand({ GroupName: groupName, Name: name }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

/**
 * The fields of a schedule that put an event on the bus; EventBridge Scheduler fills in the keywords in `<>`.
 */
export function scheduledEvent(
  { groupName, roleArn, eventBusArn, commandSource }: ScheduleGroup,
  detailType: 'Rotate MSK' | 'Activate MSK',
  data: EventInput<'Rotate MSK'> | EventInput<'Activate MSK'>,
  about: { readonly idempotencyKey: string; readonly correlationId?: string },
): Pick<CreateScheduleCommandInput, 'GroupName' | 'FlexibleTimeWindow' | 'Target'> {
  const metadata = {
    schemaVersion: SCHEMA_VERSION,
    eventId: '<aws.scheduler.execution-id>',
    correlationId: about.idempotencyKey,
    occurredAt: '<aws.scheduler.scheduled-time>',
    ...about,
  };
  return {
    GroupName: groupName,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: eventBusArn,
      RoleArn: roleArn,
      EventBridgeParameters: { Source: commandSource, DetailType: detailType },
      Input: JSON.stringify({ metadata, data }),
    },
  };
}
