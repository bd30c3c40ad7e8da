import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { BmscKeyManagementBase } from './bmsc-key-management-base.ts';
import { rememberName } from './deployment.ts';
import { arnOfFunction } from './key-export.ts';
import { KeyStore, type KeyStoreBase } from './key-store.ts';

/** A BM-SC that is deployed, by the outputs of its stack; each is named as its output. */
export interface BmscKeyManagementAttributes {
  readonly stackName: string;
  /** What stands before the names of its outputs. @default nothing */
  readonly outputPrefix?: string;
  readonly keyManagementUrl: string;
  readonly tableName: string;
  readonly encryptionKeyArn: string;
  readonly nonceSecretArn: string;
  readonly eventBusArn: string;
  /** Its setting `events.commandSources`. @default that setting's own default */
  readonly commandSources?: readonly string[];
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly ruleDeadLetterQueueUrl: string;
  readonly scheduleGroupName: string;
  readonly scheduleRoleArn: string;
  /** @default it exports no keys */
  readonly keyExportFunctionName?: string;
}

/** A BM-SC of the account and region of the stack that it is found in. */
export class FoundBmscKeyManagement extends BmscKeyManagementBase {
  readonly stackName: string;
  readonly keyManagementUrl: string;
  readonly keyStore: KeyStoreBase;
  readonly eventBus;
  readonly commandSources: readonly string[];
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly ruleDeadLetterQueue: IQueue;
  readonly scheduleGroupName: string;
  readonly scheduleRoleArn: string;
  readonly keyExportFunctionArn: string | undefined;

  constructor(scope: Construct, id: string, attributes: BmscKeyManagementAttributes) {
    super(scope, id);
    const { tableName, encryptionKeyArn, nonceSecretArn } = attributes;
    this.stackName = attributes.stackName;
    rememberName(this, attributes.stackName, attributes.outputPrefix ?? '');
    this.keyManagementUrl = attributes.keyManagementUrl;
    const encryptionKey = Key.fromKeyArn(this, 'EncryptionKey', encryptionKeyArn);
    this.keyStore = KeyStore.fromAttributes(this, 'KeyStore', {
      table: Table.fromTableAttributes(this, 'Table', { tableName, encryptionKey }),
      encryptionKey,
      nonceSecret: Secret.fromSecretCompleteArn(this, 'NonceSecret', nonceSecretArn),
    });
    this.commandSources = attributes.commandSources ?? [EVENT_SOURCE];
    this.eventBus = EventBus.fromEventBusArn(this, 'Bus', attributes.eventBusArn);
    this.queue = queueOf(this, 'Queue', attributes.queueUrl);
    this.deadLetterQueue = queueOf(this, 'DeadLetters', attributes.deadLetterQueueUrl);
    this.ruleDeadLetterQueue = queueOf(this, 'RuleDeadLetters', attributes.ruleDeadLetterQueueUrl);
    this.scheduleGroupName = attributes.scheduleGroupName;
    this.scheduleRoleArn = attributes.scheduleRoleArn;
    const { keyExportFunctionName: functionName } = attributes;
    this.keyExportFunctionArn = functionName === undefined ? undefined : arnOfFunction(this, functionName);
  }
}

/** The name of a queue is the last part of its URL, after scheme, host and account. */
function queueOf(scope: Construct, id: string, queueUrl: string): IQueue {
  const resource = Fn.select(4, Fn.split('/', queueUrl));
  const arnFormat = ArnFormat.NO_RESOURCE_NAME;
  const queueArn = Stack.of(scope).formatArn({ service: 'sqs', resource, arnFormat });
  return Queue.fromQueueAttributes(scope, id, { queueArn, queueUrl });
}
