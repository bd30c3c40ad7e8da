import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { EventBus } from '../lib/events/publish.ts';
import type { KeyStore } from '../lib/store/key-store.ts';
import { CliError } from './errors.ts';

/** A deployed BM-SC, as its stack's outputs tell of it. */
export interface DeployedBmsc {
  readonly store: KeyStore;
  readonly bus: EventBus;
  readonly keyManagementUrl: string;
}

/** Which BM-SC a command is for. */
export interface StackOptions {
  readonly stack: string;
  readonly endpointUrl?: string;
  readonly local?: boolean;
}

/** Where `npm start` listens unless told otherwise. */
export const LOCAL_ENDPOINT_URL = 'http://127.0.0.1:4566';

/**
 * Finds table and bus through the outputs of the service stack, on AWS as on an emulator.
 * @throws CliError that says what to do
 */
export async function findBmsc(options: StackOptions): Promise<DeployedBmsc> {
  const endpoint = options.endpointUrl ?? (options.local ? LOCAL_ENDPOINT_URL : undefined);
  const client = endpoint === undefined ? {} : clientOfEndpoint(endpoint, options.local === true);
  const outputs = await outputsOf(new CloudFormationClient(client), options.stack);
  const output = (name: string) => {
    const value = outputs.get(name);
    if (value === undefined)
      throw new CliError(`stack ${options.stack} has no output ${name}: is it the service stack?`);
    return value;
  };
  return {
    store: { dynamodb: new DynamoDBClient(client), tableName: output('TableName') },
    bus: { eventBridge: new EventBridgeClient(client), eventBusName: output('EventBusName') },
    keyManagementUrl: output('KeyManagementUrl'),
  };
}

/** An emulator takes any credentials; those of the environment are used where there are some. */
function clientOfEndpoint(endpoint: string, isLocal: boolean) {
  const hasCredentials = process.env.AWS_ACCESS_KEY_ID !== undefined || process.env.AWS_PROFILE !== undefined;
  return {
    endpoint,
    region: process.env.AWS_REGION ?? 'us-east-1',
    ...(isLocal || !hasCredentials ? { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } } : {}),
  };
}

async function outputsOf(client: CloudFormationClient, stack: string): Promise<ReadonlyMap<string, string>> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    return new Map(
      Stacks[0]?.Outputs?.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(
      `can't read stack ${stack}: ${reason}. Name the stack with --stack, an emulator with --endpoint-url, ` +
        'or the system of `npm start` with --local.',
      { cause },
    );
  }
}
