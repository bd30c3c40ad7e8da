import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * How the clients of a function reach AWS, where it is not as the SDK finds out by itself: what carries their
 * requests and signs them, and what it would else read from the environment and from files.
 */
export type WayToAws = Pick<DynamoDBClientConfig, 'requestHandler' | 'region' | 'credentials' | 'signer'>;
