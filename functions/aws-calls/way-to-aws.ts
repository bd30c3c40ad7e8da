import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';

/**
 * How the clients of a function reach AWS, where it is not as the SDK finds out by itself: what carries their
 * requests and signs them, and what it would else read from the environment and from files.
 */
export interface WayToAws
  extends Pick<DynamoDBClientConfig, 'requestHandler' | 'region' | 'credentials' | 'signer'> {
  /** Open clients that are not the SDK's, with the attempts that each of their calls has. */
  readonly openTable?: (maxAttempts: number | undefined) => DynamoDBClient;
  readonly openQueue?: (maxAttempts: number | undefined) => SQSClient;
  readonly openBus?: (maxAttempts: number | undefined) => EventBridgeClient;
}
