import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import type { NotificationContext } from '../../lib/mbs/notification.ts';
import { MBS_STATUS_VARIABLE } from '../environment-variables.ts';
import { parseVariables } from '../parse-variables.ts';

const SCHEMAS = { tableName: v.string(), eventBusName: v.string() };

/**
 * What the handler works with, made once for each instance of the Lambda.
 * @throws SetupError that names each variable that is missing
 */
export function createContext(env: NodeJS.ProcessEnv): NotificationContext {
  const { tableName, eventBusName } = parseVariables(MBS_STATUS_VARIABLE, SCHEMAS, env);
  const bus = { eventBridge: new EventBridgeClient({}), eventBusName };
  return {
    store: { dynamodb: new DynamoDBClient({}), tableName },
    publish: (events) => publishEvents(bus, events),
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}
