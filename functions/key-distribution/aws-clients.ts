import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import { openBusClient } from '../aws-calls/bus-client.ts';
import { openTableClient } from '../aws-calls/table-client.ts';
import type { WayToAws } from '../aws-calls/way-to-aws.ts';
import { withoutSdkLog } from '../aws-calls/without-sdk-log.ts';
import { observeServiceTime } from './service-dates.ts';

/** The clients of AWS that a sender works with. */
export interface AwsClients {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  /** Makes a client: KMS is needed once in a long while. */
  readonly kms: () => KMSClient;
}

/** Of each call: a sender has time, and a page that fails is sent again as a whole. */
const MAX_ATTEMPTS = 8;

/**
 * Opens the clients.
 * @param observe gets the date of each answer of SQS and DynamoDB, ms since the epoch
 */
export function openAwsClients(observe: (serviceTime: number) => void, way: WayToAws = {}): AwsClients {
  const sqs =
    way.openQueue?.(MAX_ATTEMPTS) ?? withoutSdkLog(new SQSClient({ maxAttempts: MAX_ATTEMPTS, ...way }));
  const dynamodb = openTableClient({ maxAttempts: MAX_ATTEMPTS, ...way });
  sqs.middlewareStack.add(observeServiceTime(observe), { step: 'deserialize' });
  dynamodb.middlewareStack.add(observeServiceTime(observe), { step: 'deserialize' });
  return {
    sqs,
    dynamodb,
    eventBridge: openBusClient({ maxAttempts: MAX_ATTEMPTS, ...way }),
    kms: () => new KMSClient(way),
  };
}
