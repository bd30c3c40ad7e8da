import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { CommandSources } from '../../lib/events/command-sources.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { ProvisioningContext } from '../../lib/provisioning/context.ts';
import { kmsUnwrapping } from '../../lib/provisioning/wrapped-keys.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { traceHeaderOfCourse } from '../course.ts';
import { PROVISIONING_VARIABLE } from '../environment-variables.ts';
import { commandSources, parseVariables } from '../parse-variables.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  commandSources,
  deadLetterQueueUrl: v.string(),
};

/** What the handler works with. */
export interface ProvisioningParts {
  readonly context: ProvisioningContext;
  /** The sources that commands are taken from. */
  readonly sources: CommandSources;
  /** Where requests go that can't succeed. */
  readonly deadLetters: { readonly sqs: SQSClient; readonly queueUrl: string };
}

/**
 * Made once for each instance of the Lambda.
 * @throws SetupError that names each variable that is missing or wrong
 */
export function createParts(env: NodeJS.ProcessEnv): ProvisioningParts {
  const settings = parseVariables(PROVISIONING_VARIABLE, SCHEMAS, env);
  const { tableName, keyArn, eventBusName, deadLetterQueueUrl } = settings;
  const bus = {
    eventBridge: new EventBridgeClient({}),
    eventBusName,
    traceHeader: traceHeaderOfCourse,
  };
  const kms = new KMSClient({});
  return {
    context: {
      store: createKeyStore({ dynamodb: new DynamoDBClient({}), tableName, kms: () => kms, keyArn }),
      publish: (events) => publishEvents(bus, events),
      unwrap: kmsUnwrapping(kms, keyArn),
      now: Date.now,
      randomOctets: (length) => randomBytes(length),
    },
    sources: settings.commandSources,
    deadLetters: { sqs: new SQSClient({}), queueUrl: deadLetterQueueUrl },
  };
}
