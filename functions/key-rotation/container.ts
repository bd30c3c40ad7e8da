import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { type CommandSources, OWN_COMMAND_SOURCE } from '../../lib/events/command-sources.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { cancelActivation, scheduleActivation } from '../../lib/key-rotation/activation-schedule.ts';
import type { RotationContext } from '../../lib/key-rotation/context.ts';
import { kmsUnwrapMsk } from '../../lib/key-rotation/wrapped-msk.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { WayToAws } from '../aws-calls/way-to-aws.ts';
import { traceHeaderOfCourse } from '../course.ts';
import { KEY_ROTATION_VARIABLE } from '../environment-variables.ts';
import { commandSources, parseVariables, wholeNumber } from '../parse-variables.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  commandSources,
  eventBusArn: v.string(),
  deadLetterQueueUrl: v.string(),
  scheduleGroup: v.string(),
  scheduleRoleArn: v.string(),
  leadTimeSeconds: wholeNumber(0, 2_592_000),
};

/**
 * What the handler works with, made once for each instance of the Lambda.
 * @throws SetupError that names each variable that is missing or wrong
 */
export function createContext(env: NodeJS.ProcessEnv, way: WayToAws = {}): RotationContext {
  const settings = parseVariables(KEY_ROTATION_VARIABLE, SCHEMAS, env);
  const bus = {
    eventBridge: new EventBridgeClient(way),
    eventBusName: settings.eventBusName,
    commandSource: settings.commandSources.own,
    traceHeader: traceHeaderOfCourse,
  };
  const schedules = {
    scheduler: new SchedulerClient(way),
    groupName: settings.scheduleGroup,
    roleArn: settings.scheduleRoleArn,
    eventBusArn: settings.eventBusArn,
    // Taken whatever sources are set later.
    commandSource: OWN_COMMAND_SOURCE,
  };
  return {
    store: createKeyStore({
      dynamodb: new DynamoDBClient(way),
      tableName: settings.tableName,
      kms: () => new KMSClient(way),
      keyArn: settings.keyArn,
    }),
    publish: (events) => publishEvents(bus, events),
    scheduleActivation: (activation) => scheduleActivation(schedules, activation),
    cancelActivation: (activation) => cancelActivation(schedules, activation),
    unwrap: kmsUnwrapMsk(new KMSClient(way), settings.keyArn),
    leadTimeMs: settings.leadTimeSeconds * 1000,
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}

/** The sources that commands are taken from. @throws SetupError as `createContext` does */
export function createCommandSources(env: NodeJS.ProcessEnv): CommandSources {
  return parseVariables(KEY_ROTATION_VARIABLE, SCHEMAS, env).commandSources;
}

/** Where requests go that can't succeed. @throws SetupError as `createContext` does */
export function createDeadLetters(env: NodeJS.ProcessEnv): { sqs: SQSClient; queueUrl: string } {
  const { deadLetterQueueUrl } = parseVariables(KEY_ROTATION_VARIABLE, SCHEMAS, env);
  return { sqs: new SQSClient({}), queueUrl: deadLetterQueueUrl };
}
