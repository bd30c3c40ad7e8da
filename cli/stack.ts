import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { EventBus } from '../lib/events/publish.ts';
import type { ScheduleGroup } from '../lib/key-rotation/schedule-group.ts';
import { type KeyDomainId, keyDomainIdOfText } from '../lib/keys/key-domain-id.ts';
import { createKeyStore } from '../lib/store/create-key-store.ts';
import type { KeyStore } from '../lib/store/key-store.ts';
import { LOCAL_CREDENTIALS, LOCAL_ENDPOINT_URL, LOCAL_REGION } from './emulator/account.ts';
import { CliError } from './errors.ts';

/** A deployed BM-SC, found by the outputs of its stack. */
export interface DeployedBmsc {
  readonly store: KeyStore;
  readonly bus: EventBus;
  /** Where rotations are scheduled. */
  readonly schedules: ScheduleGroup;
  readonly keyManagementUrl: string;
  readonly queues: DeployedQueues;
  /** Key Domains that may be provisioned; undefined: any. */
  readonly keyDomains: readonly KeyDomainId[] | undefined;
}

/** The sender's queue, and the dead-letter queues for its work and for the events of the rules. */
export interface DeployedQueues {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly ruleDeadLetterQueueUrl: string;
}

/** Which BM-SC a command is for. */
export interface StackOptions {
  readonly stack: string;
  readonly endpointUrl?: string;
  readonly local?: boolean;
}

/**
 * Finds table, key and bus through the outputs of the service stack, on AWS as on an emulator.
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
    store: createKeyStore({
      dynamodb: new DynamoDBClient(client),
      tableName: output('TableName'),
      kms: () => new KMSClient(client),
      keyArn: output('EncryptionKeyArn'),
    }),
    bus: { eventBridge: new EventBridgeClient(client), eventBusName: output('EventBusName') },
    schedules: {
      scheduler: new SchedulerClient(client),
      groupName: output('ScheduleGroupName'),
      roleArn: output('ScheduleRoleArn'),
      eventBusArn: output('EventBusArn'),
    },
    keyManagementUrl: output('KeyManagementUrl'),
    queues: {
      sqs: new SQSClient(client),
      queueUrl: output('QueueUrl'),
      deadLetterQueueUrl: output('DeadLetterQueueUrl'),
      ruleDeadLetterQueueUrl: output('RuleDeadLetterQueueUrl'),
    },
    keyDomains: keyDomainsOf(output('KeyDomains')),
  };
}

/**
 * Refuses a Key Domain that the deployment is not set up for: a typing error, as no UE could ever ask for it.
 * @throws CliError
 */
export function checkKeyDomain({ keyDomains }: DeployedBmsc, keyDomainId: KeyDomainId): void {
  if (keyDomains === undefined || keyDomains.includes(keyDomainId)) return;
  throw new CliError(
    `this deployment has the Key Domains ${keyDomains.join(', ')}, not ${keyDomainId}: see the setting keyDomains`,
  );
}

/** `any`, or MCC and MNC such as `001-01`, joined by commas. */
function keyDomainsOf(text: string): readonly KeyDomainId[] | undefined {
  return text === 'any' ? undefined : text.split(',').map(keyDomainIdOfText);
}

/** An emulator accepts any credentials: those of the environment, if it has any. */
function clientOfEndpoint(endpoint: string, isLocal: boolean) {
  const hasCredentials = process.env.AWS_ACCESS_KEY_ID !== undefined || process.env.AWS_PROFILE !== undefined;
  return {
    endpoint,
    region: process.env.AWS_REGION ?? LOCAL_REGION,
    ...(isLocal || !hasCredentials ? { credentials: LOCAL_CREDENTIALS } : {}),
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
