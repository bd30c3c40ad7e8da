import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import type { KeyExportContext } from '../../lib/key-export/export-keys.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { KEY_EXPORT_VARIABLE } from '../environment-variables.ts';
import { parseVariables } from '../parse-variables.ts';
import { recipientsJson, recipientsOf } from './recipients.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  recipients: recipientsJson,
};

/**
 * What the handler works with, made once for each instance of the Lambda.
 * @throws SetupError that names each variable that is missing or wrong
 */
export function createContext(env: NodeJS.ProcessEnv): KeyExportContext {
  const { tableName, keyArn, eventBusName, recipients } = parseVariables(KEY_EXPORT_VARIABLE, SCHEMAS, env);
  const bus = { eventBridge: new EventBridgeClient({}), eventBusName };
  const byRegion = new Map<string, KMSClient>();
  return {
    store: createKeyStore({
      dynamodb: new DynamoDBClient({}),
      tableName,
      kms: () => new KMSClient({}),
      keyArn,
    }),
    publish: (events) => publishEvents(bus, events),
    recipients: recipientsOf(recipients),
    kmsOf: (arn) => {
      const region = arn.split(':')[3] ?? '';
      const client = byRegion.get(region) ?? new KMSClient({ region });
      byRegion.set(region, client);
      return client;
    },
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}
