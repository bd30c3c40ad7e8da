import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import type { RotationContext } from '../../lib/key-rotation/rotate.ts';
import { cancelActivation, scheduleActivation } from '../../lib/key-rotation/schedules.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';

const environment = v.object({
  BMSC_TABLE_NAME: v.string(),
  BMSC_KEY_ARN: v.string(),
  BMSC_EVENT_BUS_NAME: v.string(),
  BMSC_EVENT_BUS_ARN: v.string(),
  BMSC_SCHEDULE_GROUP: v.string(),
  BMSC_SCHEDULE_ROLE_ARN: v.string(),
  BMSC_LEAD_TIME_S: v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(0), v.maxValue(2_592_000)),
});

/**
 * What the handler works with, made once for each instance of the Lambda.
 * @throws ValiError when the environment is not as the stack sets it
 */
export function createContext(env: NodeJS.ProcessEnv): RotationContext {
  const settings = v.parse(environment, env);
  const bus = { eventBridge: new EventBridgeClient({}), eventBusName: settings.BMSC_EVENT_BUS_NAME };
  const schedules = {
    scheduler: new SchedulerClient({}),
    groupName: settings.BMSC_SCHEDULE_GROUP,
    roleArn: settings.BMSC_SCHEDULE_ROLE_ARN,
    eventBusArn: settings.BMSC_EVENT_BUS_ARN,
  };
  return {
    store: createKeyStore({
      dynamodb: new DynamoDBClient({}),
      tableName: settings.BMSC_TABLE_NAME,
      kms: () => new KMSClient({}),
      keyArn: settings.BMSC_KEY_ARN,
    }),
    publish: (events) => publishEvents(bus, events),
    scheduleActivation: (activation) => scheduleActivation(schedules, activation),
    cancelActivation: (activation) => cancelActivation(schedules, activation),
    leadTimeMs: settings.BMSC_LEAD_TIME_S * 1000,
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}
