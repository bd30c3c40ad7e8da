import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { CommandSources } from '../../lib/events/command-sources.ts';
import { PROVISIONING_REQUESTS, REQUESTS } from '../../lib/events/contracts.ts';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { PROVISIONED_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import { SettingsError } from '../settings/index.ts';
import type { KeyStoreBase } from './key-store.ts';

/** The resources of a deployment that operators and their systems use. */
export interface Grantable {
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  /** The sources that commands are taken from. */
  readonly commandSources: readonly string[];
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly ruleDeadLetterQueue: IQueue;
  readonly scheduleGroupName: string;
  readonly scheduleRoleArn: string;
  /** Of the stack whose outputs name all of them. */
  readonly stackName: string;
  /** The function that exports keys; undefined: the deployment exports none. */
  readonly keyExportFunctionArn: string | undefined;
}

/** `Scan` is for lists of subscribers, whom no item names all. */
const READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'];

/** What of a BM-SC a grant is for. */
export interface CommandGrantOptions {
  /**
   * This Key Domain alone, in hexadecimal digits or as `001-01`: it needs a source of its own in the setting
   * `events.keyDomainSources`.
   * @default all of them
   */
  readonly keyDomainId?: string;
}

/**
 * May ask the BM-SC to push, solicit, rotate, activate and revoke, by events on the bus. The conditions keep
 * facts of the BM-SC, on which keys are sent, from being forged.
 * @throws SettingsError when no source is of the Key Domain alone
 */
export function grantCommands(
  { eventBus, commandSources: all }: Grantable,
  grantee: IGrantable,
  { keyDomainId }: CommandGrantOptions = {},
): Grant {
  const sources = new CommandSources(all);
  const commandSources =
    keyDomainId === undefined ? sources.unconfined : sources.confinedTo(keyDomainIdOfText(keyDomainId));
  if (commandSources.length === 0)
    throw new SettingsError(
      'contradicting-props',
      `grantCommands: no source in "bmsc.events.keyDomainSources" has the Key Domain ${keyDomainId} alone`,
    );
  return Grant.addToPrincipal({
    grantee,
    actions: ['events:PutEvents'],
    resourceArns: [eventBus.eventBusArn],
    conditions: conditionsOfEvents(commandSources, REQUESTS),
  });
}

/**
 * May have MSKs and MTKs, which come wrapped for a recipient of the settings: who can open them is decided
 * there.
 * @throws SettingsError when the deployment has no setting `keyExport`
 */
export function grantExportKeys(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const { keyExportFunctionArn: functionArn } = bmsc;
  if (functionArn === undefined)
    throw new SettingsError(
      'contradicting-props',
      'grantExportKeys: needs the setting "bmsc.keyExport", which says to whom keys may go',
    );
  return allOf([
    findStack(bmsc, grantee),
    // The function itself, and no version or alias of it.
    Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [functionArn] }),
  ]);
}

/** Conditions of `events:PutEvents`: of these sources and names alone. */
export function conditionsOfEvents(sources: readonly string[], detailTypes: readonly string[]) {
  return {
    StringEquals: { 'events:detail-type': [...detailTypes] },
    // A key of many values: its operator is for all of them, and true for none.
    'ForAllValues:StringEquals': { 'events:source': [...sources] },
    Null: { 'events:source': 'false' },
  };
}

/** May read what is provisioned, registered, sent and scheduled, and no key. */
export function grantRead(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  return allOf([
    findStack(bmsc, grantee),
    bmsc.keyStore.allowTable(grantee, READ),
    queueGrant(
      grantee,
      ['sqs:GetQueueAttributes'],
      [bmsc.queue, bmsc.deadLetterQueue, bmsc.ruleDeadLetterQueue],
    ),
    scheduleGrant(bmsc, grantee, ['scheduler:GetSchedule']),
  ]);
}

/**
 * May provision and take back services, MSKs, subscribers and associations; and so seal keys, and open data
 * keys to do it. What was sent to whom it may read and not write.
 */
export function grantProvision(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const { keyStore } = bmsc;
  const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
  return allOf([
    findStack(bmsc, grantee),
    keyStore.allowTable(grantee, READ),
    keyStore.allowTable(grantee, writes, PROVISIONED_PARTITIONS),
    keyStore.allowDataKeys(grantee),
    keyStore.allowNewDataKeys(grantee),
  ]);
}

/**
 * May provision and withdraw by events, and wrap the keys of one association for the table's key under the
 * association's names; it opens no key, and reads nothing.
 */
export function grantProvisionByEvent(bmsc: Grantable, grantee: IGrantable): Grant {
  const { keyStore, eventBus, commandSources: all } = bmsc;
  // A source of some Key Domains may not provision.
  const commandSources = new CommandSources(all).unconfined;
  return Grant.addToPrincipal({
    grantee,
    actions: ['events:PutEvents'],
    resourceArns: [eventBus.eventBusArn],
    conditions: conditionsOfEvents(commandSources, PROVISIONING_REQUESTS),
  }).combine(
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Encrypt'],
      resourceArns: [keyStore.encryptionKey.keyArn],
      conditions: {
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['bTid', 'impi'] },
        Null: { 'kms:EncryptionContext:bTid': 'false', 'kms:EncryptionContext:impi': 'false' },
      },
    }),
  );
}

/** May import MSKs and MTKs that another network has made, wrapped for the table's key; it opens none. */
export function grantImportKeys(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const { keyStore, eventBus, commandSources } = bmsc;
  return allOf([
    findStack(bmsc, grantee),
    keyStore.allowTable(grantee, READ),
    Grant.addToPrincipal({
      grantee,
      actions: ['events:PutEvents'],
      resourceArns: [eventBus.eventBusArn],
      conditions: conditionsOfEvents(commandSources, ['Import MSK']),
    }),
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Encrypt'],
      resourceArns: [keyStore.encryptionKey.keyArn],
      conditions: {
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['keyDomainId', 'mskId', 'mtkId'] },
        Null: { 'kms:EncryptionContext:keyDomainId': 'false', 'kms:EncryptionContext:mskId': 'false' },
      },
    }),
  ]);
}

/** May have MSKs rotated by schedules of the deployment's group. */
export function grantSchedules(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const actions = ['Create', 'Update', 'Get', 'Delete'].map((verb) => `scheduler:${verb}Schedule`);
  return allOf([
    findStack(bmsc, grantee),
    bmsc.keyStore.allowTable(grantee, READ),
    scheduleGrant(bmsc, grantee, actions),
    Grant.addToPrincipal({
      grantee,
      actions: ['iam:PassRole'],
      resourceArns: [bmsc.scheduleRoleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  ]);
}

/** May look at dead letters, give them back to where they came from, and discard them. */
export function grantRedrive(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const { deadLetterQueue, ruleDeadLetterQueue, queue } = bmsc;
  const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'];
  return allOf([
    findStack(bmsc, grantee),
    queueGrant(grantee, [...take, 'sqs:GetQueueAttributes'], [deadLetterQueue, ruleDeadLetterQueue]),
    queueGrant(grantee, ['sqs:SendMessage'], [queue]),
    grantCommands(bmsc, grantee),
  ]);
}

/** The command line finds a deployment by the outputs of its stack. */
function findStack(bmsc: Grantable & IConstruct, grantee: IGrantable): Grant {
  const arn = Arn.format(
    { service: 'cloudformation', resource: 'stack', resourceName: `${bmsc.stackName}/*` },
    Stack.of(bmsc),
  );
  return Grant.addToPrincipal({ grantee, actions: ['cloudformation:DescribeStacks'], resourceArns: [arn] });
}

function scheduleGrant(bmsc: Grantable & IConstruct, grantee: IGrantable, actions: string[]): Grant {
  const arn = Arn.format(
    {
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${bmsc.scheduleGroupName}/rotate-*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    Stack.of(bmsc),
  );
  return Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] });
}

/** Queues under a key of the customer's own let nobody in who may not use the key. */
function queueGrant(grantee: IGrantable, actions: readonly string[], queues: readonly IQueue[]): Grant {
  const keys = new Set(queues.flatMap(({ encryptionMasterKey }) => encryptionMasterKey?.keyArn ?? []));
  const forQueues = Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: queues.map(({ queueArn }) => queueArn),
  });
  if (keys.size === 0 || actions.every((action) => action === 'sqs:GetQueueAttributes')) return forQueues;
  const forKeys = Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resourceArns: [...keys],
  });
  return forQueues.combine(forKeys);
}

function allOf(grants: readonly [Grant, ...Grant[]]): Grant {
  const [first, ...others] = grants;
  return others.reduce((all, grant) => all.combine(grant), first);
}
