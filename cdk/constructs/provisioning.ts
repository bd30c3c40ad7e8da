import { Duration } from 'aws-cdk-lib';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environmentOf, PROVISIONING_VARIABLE } from '../../functions/environment-variables.ts';
import { PROVISIONING_REQUESTS } from '../../lib/events/contracts.ts';
import { LEDGER_PARTITIONS, PROVISIONED_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import { commandSourcesOf } from '../settings/events.ts';
import type { Settings } from '../settings/index.ts';
import { codeOf } from './bundling.ts';
import { patternOf } from './event-bus.ts';
import { functionRole } from './function-role.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import { tracingOf } from './traces.ts';

/** What Lambda itself tries again before the event goes to the dead letters. */
const RETRIES = 2;

/** What provisioning by event works with. */
export interface ProvisioningProps {
  readonly settings: Settings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  /** Where events end that can't be delivered to the function, or that it can't handle. */
  readonly deadLetterQueue: IQueue;
}

/** Provisioning of subscriptions and associations by event: a Lambda behind a rule of the bus. */
export class Provisioning extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ProvisioningProps) {
    super(scope, id);
    const { settings, keyStore, eventBus, deadLetterQueue } = props;
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const role = functionRole(this, 'Role', this.logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: provisioning by event',
      ...codeOf('provisioning'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(30),
      role,
      ...tracingOf(settings.operations, role),
      logGroup: this.logGroup,
      retryAttempts: RETRIES,
      deadLetterQueue,
      environment: {
        ...environmentOf(PROVISIONING_VARIABLE, {
          tableName: keyStore.table.tableName,
          keyArn: keyStore.encryptionKey.keyArn,
          eventBusName: eventBus.eventBusName,
          commandSources: commandSourcesOf(settings.events).join(','),
          deadLetterQueueUrl: deadLetterQueue.queueUrl,
        }),
        ...powertoolsEnvironment(this, 'provisioning', { traces: settings.operations.traces }),
      },
    });
    allowHandler(role, props);
    new Rule(this, 'Requests', {
      eventBus,
      eventPattern: patternOf(PROVISIONING_REQUESTS),
      targets: [new LambdaFunction(this.handler, { deadLetterQueue })],
    });
  }
}

/** Lets the function write what operators provision, open wrapped key material, and publish events. */
function allowHandler(role: Role, { keyStore, eventBus, deadLetterQueue }: ProvisioningProps): void {
  keyStore.allowTable(role, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']);
  const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
  keyStore.allowTable(role, writes, PROVISIONED_PARTITIONS);
  // Idempotency keys, and what came of requests.
  keyStore.allowTable(role, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], LEDGER_PARTITIONS);
  keyStore.allowDataKeys(role);
  keyStore.allowNewDataKeys(role);
  keyStore.allowWrappedKeys(role);
  role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }));
  deadLetterQueue.encryptionMasterKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
}
