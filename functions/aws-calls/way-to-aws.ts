import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * How the clients of a function reach AWS, where it is not as the SDK finds out by itself: what carries their
 * requests and signs them, and what it would else read from the environment and from files.
 */
export interface WayToAws
  extends Pick<DynamoDBClientConfig, 'requestHandler' | 'region' | 'credentials' | 'signer'> {
  /** Opens a table's client that is not the SDK's, with the attempts that each of its calls has. */
  readonly openTable?: (maxAttempts: number | undefined) => DynamoDBClient;
}
