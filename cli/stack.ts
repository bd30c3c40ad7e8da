import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { openTableClient } from '../functions/aws-calls/table-client.ts';
import { OWN_COMMAND_SOURCE } from '../lib/events/command-sources.ts';
import { EVENT_SOURCE } from '../lib/events/contracts.ts';
import type { EventBus } from '../lib/events/publish.ts';
import type { WorkQueues } from '../lib/inventory/dead-letters.ts';
import type { SenderService } from '../lib/inventory/sender-tasks.ts';
import type { ScheduleGroup } from '../lib/key-rotation/schedule-group.ts';
import { type KeyDomainId, keyDomainIdOfText } from '../lib/keys/key-domain-id.ts';
import type { ProvisioningContext } from '../lib/provisioning/context.ts';
import { kmsUnwrapping } from '../lib/provisioning/wrapped-keys.ts';
import { createKeyStore } from '../lib/store/create-key-store.ts';
import type { KeyStore } from '../lib/store/key-store.ts';
import { type Config, readConfig } from './config.ts';
import { LOCAL_CREDENTIALS, LOCAL_ENDPOINT_URL, LOCAL_REGION } from './emulator/account.ts';
import { CliError } from './errors.ts';

/** A deployed BM-SC, found by the outputs of its stack. */
export interface DeployedBmsc {
  /** The name of the stack. */
  readonly stack: string;
  readonly store: KeyStore;
  readonly bus: EventBus;
  /** Where rotations are scheduled. */
  readonly schedules: ScheduleGroup;
  readonly keyManagementUrl: string;
  readonly queues: WorkQueues;
  /** Opens key material that was wrapped under the table's KMS key, for one association. */
  readonly unwrap: ProvisioningContext['unwrap'];
  /** Where senders run; undefined: a stack of an earlier release does not say. */
  readonly senderService: SenderService | undefined;
  /** Wraps keys under the table's KMS key, by an encryption context; Base64. */
  readonly wrap: (clear: Uint8Array, context: Readonly<Record<string, string>>) => Promise<string>;
  /** The function that exports keys; undefined: the deployment exports none. */
  readonly keyExportFunctionName: string | undefined;
  /** Of the clients of this deployment. */
  readonly clientSettings: ClientSettings;
  /** Key Domains that may be provisioned; undefined: any. */
  readonly keyDomains: readonly KeyDomainId[] | undefined;
}

/** Which BM-SC a command is for, as far as options say it. */
export interface StackOptions {
  readonly stack?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly local?: boolean;
}

/** The name that `cdk.json` gives to the stack of the service. */
export const DEFAULT_STACK = 'BmscService';

/**
 * Finds table, key and bus through the outputs of the service stack, on AWS as on an emulator. The stack is
 * named by the option, by BMSC_STACK or by the configuration file, else it is `DEFAULT_STACK`.
 * @throws CliError that says what to do
 */
export async function findBmsc(options: StackOptions): Promise<DeployedBmsc> {
  const config = readConfig();
  const client = clientSettingsOf(options, config);
  const stack = options.stack ?? process.env.BMSC_STACK ?? config.stack ?? DEFAULT_STACK;
  const outputs = await outputsOf(new CloudFormationClient(client), stack);
  const output = (name: string) => {
    const value = outputs.get(name);
    if (value === undefined)
      throw new CliError(`stack ${stack} has no output ${name}: is it the service stack?`);
    return value;
  };
  const kms = new KMSClient(client);
  return {
    stack,
    store: createKeyStore({
      dynamodb: openTableClient(client),
      tableName: output('TableName'),
      kms: () => kms,
      keyArn: output('EncryptionKeyArn'),
    }),
    bus: {
      eventBridge: new EventBridgeClient(client),
      eventBusName: output('EventBusName'),
      commandSource: outputs.get('CommandSource'),
    },
    schedules: {
      scheduler: new SchedulerClient(client),
      groupName: output('ScheduleGroupName'),
      roleArn: output('ScheduleRoleArn'),
      eventBusArn: output('EventBusArn'),
      // A stack of an earlier release has no such output, and takes its own source alone.
      commandSource: outputs.has('CommandSource') ? OWN_COMMAND_SOURCE : EVENT_SOURCE,
    },
    keyManagementUrl: output('KeyManagementUrl'),
    queues: {
      sqs: new SQSClient(client),
      queueUrl: output('QueueUrl'),
      deadLetterQueueUrl: output('DeadLetterQueueUrl'),
      ruleDeadLetterQueueUrl: output('RuleDeadLetterQueueUrl'),
    },
    unwrap: kmsUnwrapping(kms, output('EncryptionKeyArn')),
    senderService: senderServiceOf(outputs),
    wrap: (clear, context) => wrapByKms(kms, output('EncryptionKeyArn'), clear, context),
    keyExportFunctionName: outputs.get('KeyExportFunctionName'),
    clientSettings: client,
    keyDomains: keyDomainsOf(output('KeyDomains')),
  };
}

async function wrapByKms(
  kms: KMSClient,
  KeyId: string,
  Plaintext: Uint8Array,
  context: Readonly<Record<string, string>>,
): Promise<string> {
  const command = new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { ...context } });
  const { CiphertextBlob = new Uint8Array() } = await kms.send(command);
  return Buffer.from(CiphertextBlob).toString('base64');
}

/**
 * Refuses a Key Domain that the deployment is not set up for: a typing error, as no UE could ever ask for it.
 * @throws CliError
 */
export function checkKeyDomain(
  { keyDomains }: Pick<DeployedBmsc, 'keyDomains'>,
  keyDomainId: KeyDomainId,
): void {
  if (keyDomains === undefined || keyDomains.includes(keyDomainId)) return;
  throw new CliError(
    `this deployment has the Key Domains ${keyDomains.join(', ')}, not ${keyDomainId}: see the setting keyDomains`,
  );
}

function senderServiceOf(outputs: ReadonlyMap<string, string>): SenderService | undefined {
  const [cluster, service] = [outputs.get('ClusterName'), outputs.get('SenderServiceName')];
  return cluster === undefined || service === undefined ? undefined : { cluster, service };
}

/** `any`, or MCC and MNC such as `001-01`, joined by commas. */
function keyDomainsOf(text: string): readonly KeyDomainId[] | undefined {
  return text === 'any' ? undefined : text.split(',').map(keyDomainIdOfText);
}

/** What an AWS client is made with. */
export type ClientSettings = Pick<
  CloudFormationClientConfig,
  'endpoint' | 'region' | 'profile' | 'credentials'
>;

/**
 * Settings of the AWS clients for a BM-SC: an option wins over the environment, and that over the
 * configuration file. The SDK itself reads AWS_ENDPOINT_URL, AWS_REGION and AWS_PROFILE.
 */
export function clientSettingsOf(options: StackOptions, config: Config = readConfig()): ClientSettings {
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID } = process.env;
  const isLocal = options.local === true;
  const configured = AWS_ENDPOINT_URL === undefined ? config.endpointUrl : undefined;
  const endpoint = options.endpointUrl ?? (isLocal ? LOCAL_ENDPOINT_URL : configured);
  const hasOwnCredentials = AWS_ACCESS_KEY_ID !== undefined || AWS_PROFILE !== undefined;
  const profile = options.profile ?? (hasOwnCredentials || isLocal ? undefined : config.profile);
  const region = options.region ?? AWS_REGION ?? (isLocal ? undefined : config.region);
  const base = {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
  if (endpoint === undefined) return base;
  // An emulator takes any credentials: those that are named, if any are.
  const isAnonymous = profile === undefined && (isLocal || !hasOwnCredentials);
  const credentials = isAnonymous ? { credentials: LOCAL_CREDENTIALS } : {};
  return { region: LOCAL_REGION, ...base, endpoint, ...credentials };
}

async function outputsOf(client: CloudFormationClient, stack: string): Promise<ReadonlyMap<string, string>> {
  const [stackName, prefix] = splitStack(stack);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const all = Stacks[0]?.Outputs ?? [];
    return new Map(
      all
        .filter(({ OutputKey = '' }) => OutputKey.startsWith(prefix))
        .map(({ OutputKey = '', OutputValue = '' }) => [OutputKey.slice(prefix.length), OutputValue]),
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

/**
 * One of several deployments of a stack is `<stack>/<prefix of its outputs>`. An ARN, which has slashes, is a
 * stack.
 */
function splitStack(stack: string): readonly [stackName: string, outputPrefix: string] {
  const slash = stack.startsWith('arn:') ? -1 : stack.indexOf('/');
  return slash < 0 ? [stack, ''] : [stack.slice(0, slash), stack.slice(slash + 1)];
}
