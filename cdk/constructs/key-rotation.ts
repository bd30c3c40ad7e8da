import { Arn, ArnFormat, Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environmentOf, KEY_ROTATION_VARIABLE } from '../../functions/environment-variables.ts';
import { ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { KEY_GROUP_PARTITIONS } from '../../lib/store/partition-patterns.ts';
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

/** What the rotation of MSKs works with. */
export interface KeyRotationProps {
  readonly settings: Settings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  /** Where events end that can't be delivered to the function, or that it can't handle. */
  readonly deadLetterQueue: IQueue;
}

/**
 * Rotation, activation and revocation of MSKs: a Lambda behind a rule of the bus, and a group of schedules
 * that put such events on the bus. Schedules are made at run time, by the function and by the command line.
 */
export class KeyRotation extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;
  readonly scheduleGroup: CfnScheduleGroup;
  /** What a schedule does, it does by this role. */
  readonly scheduleRole: Role;

  constructor(
    scope: Construct,
    id: string,
    { settings, keyStore, eventBus, deadLetterQueue }: KeyRotationProps,
  ) {
    super(scope, id);
    const name = Names.uniqueResourceName(this, { maxLength: 64 });
    this.scheduleGroup = new CfnScheduleGroup(this, 'Schedules', { name });
    this.scheduleRole = this.#createScheduleRole(eventBus);
    const logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    this.logGroup = logGroup;
    const role = functionRole(this, 'Role', logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: rotation of MSKs',
      ...codeOf('key-rotation'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(30),
      role,
      ...tracingOf(settings.operations, role),
      logGroup,
      retryAttempts: RETRIES,
      deadLetterQueue,
      environment: {
        ...environmentOf(KEY_ROTATION_VARIABLE, {
          tableName: keyStore.table.tableName,
          keyArn: keyStore.encryptionKey.keyArn,
          eventBusName: eventBus.eventBusName,
          commandSources: commandSourcesOf(settings.events).join(','),
          eventBusArn: eventBus.eventBusArn,
          deadLetterQueueUrl: deadLetterQueue.queueUrl,
          scheduleGroup: name,
          scheduleRoleArn: this.scheduleRole.roleArn,
          leadTimeSeconds: String(settings.rotation.leadTimeSeconds),
        }),
        ...powertoolsEnvironment(this, 'keyRotation', settings.operations),
      },
    });
    this.#allowHandler(role, { keyStore, eventBus, deadLetterQueue });
    new Rule(this, 'Requests', {
      eventBus,
      eventPattern: patternOf(ROTATION_REQUESTS),
      targets: [new LambdaFunction(this.handler, { deadLetterQueue })],
    });
  }

  /** Lets the function change MSKs, publish events, and schedule activations. */
  #allowHandler(
    role: Role,
    { keyStore, eventBus, deadLetterQueue }: Omit<KeyRotationProps, 'settings'>,
  ): void {
    keyStore.allowTable(role, ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']);
    // Imported MTKs of MSKs that are gone.
    keyStore.allowTable(role, ['dynamodb:DeleteItem'], KEY_GROUP_PARTITIONS);
    keyStore.allowDataKeys(role);
    keyStore.allowNewDataKeys(role);
    keyStore.allowWrappedMsks(role);
    const allow = (actions: string[], resource: string, conditions = {}) =>
      role.addToPolicy(new PolicyStatement({ actions, resources: [resource], conditions }));
    allow(['events:PutEvents'], eventBus.eventBusArn);
    allow(['iam:PassRole'], this.scheduleRole.roleArn, {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
    deadLetterQueue.encryptionMasterKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
    const activations = `${this.scheduleGroup.name}/activate-*`;
    allow(['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'], this.#arn('schedule', activations));
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/${activations}]`,
      reason: 'Activations are scheduled when MSKs are prepared, each under a name of its own.',
    });
  }

  /** Only schedules of this group may take the role, and it may only put events on the bus. */
  #createScheduleRole(eventBus: IEventBus): Role {
    const groupArn = this.#arn('schedule-group', this.scheduleGroup.name ?? '');
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account, 'aws:SourceArn': groupArn },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }),
    );
    return role;
  }

  #arn(resource: string, resourceName: string): string {
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    return Arn.format({ service: 'scheduler', resource, resourceName, arnFormat }, Stack.of(this));
  }
}
