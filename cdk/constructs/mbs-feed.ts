import { Duration } from 'aws-cdk-lib';
import { type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environmentOf, MBS_FEED_VARIABLE } from '../../functions/environment-variables.ts';
import { type DetailType, EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { EXPORTED_PARTITIONS, MBS_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import type { Settings } from '../settings/index.ts';
import { codeOf } from './bundling.ts';
import { patternOf } from './event-bus.ts';
import { placeInVpc } from './function-in-vpc.ts';
import { functionRole } from './function-role.ts';
import { conditionsOfEvents } from './grants.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import type { SenderNetwork } from './sender-network.ts';

/** The settings of the feed. */
export type MbsSettings = NonNullable<Settings['mbs']>;

/** What the feed works with. */
export interface MbsFeedProps {
  readonly settings: Settings;
  readonly mbs: MbsSettings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  /** Where events end that can't be delivered to the function. */
  readonly deadLetterQueue: IQueue;
  /** The network that the function stands in when the setting `mbs.inVpc` is on. */
  readonly network: SenderNetwork;
  /** Where the stack takes notifications of the status of sessions; undefined: nowhere. */
  readonly statusUrl: string | undefined;
}

/** After these, MSKs are other ones. */
const FACTS: readonly DetailType[] = ['MSK Prepared', 'MSK Rotated', 'MSK Revoked'];
/** After this, a session may have to be created anew. */
const STATUS_FACTS: readonly DetailType[] = ['MBS Session Released'];

/** What the function tells. */
const TOLD: readonly DetailType[] = [
  'MBS Security Context Changed',
  'MBS Session Updated',
  'MBS Session Update Failed',
  'MBS Session Released',
];

/** The feed of MSKs for 5MBS: a Lambda that facts of the bus call, and a schedule, for what they missed. */
export class MbsFeed extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: MbsFeedProps) {
    super(scope, id);
    const { settings, mbs, eventBus, deadLetterQueue, network } = props;
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const role = functionRole(this, 'Role', this.logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: MSKs for 5MBS',
      ...codeOf('mbs-feed'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(60),
      // The next look makes up for what failed.
      retryAttempts: 0,
      ...(mbs.inVpc ? placement(this, role, network) : {}),
      role,
      logGroup: this.logGroup,
      environment: { ...environmentOfFeed(props), ...powertoolsEnvironment(this, 'mbsFeed') },
    });
    allowHandler(role, props);
    const target = new LambdaFunction(this.handler, { deadLetterQueue });
    new Rule(this, 'Changes', {
      eventBus,
      eventPattern: patternOf(mbs.status === undefined ? FACTS : [...FACTS, ...STATUS_FACTS]),
      targets: [target],
    });
    new Rule(this, 'Look', {
      schedule: Schedule.rate(Duration.minutes(mbs.lookMinutes)),
      targets: [new LambdaFunction(this.handler, { retryAttempts: 0 })],
    });
  }
}

function placement(scope: Construct, role: Role, network: SenderNetwork) {
  const { securityGroup, ...placed } = placeInVpc(scope, role, network, 'feed for 5MBS');
  return { ...placed, securityGroups: [securityGroup] };
}

function environmentOfFeed({ settings, mbs, keyStore, eventBus, statusUrl }: MbsFeedProps) {
  const { inVpc: _inVpc, lookMinutes: _look, status, ...rest } = mbs;
  const feed = {
    ...rest,
    ...(status && { status: { ...status, notifyUri: status.notifyUri ?? statusUrl } }),
  };
  return environmentOf(MBS_FEED_VARIABLE, {
    tableName: keyStore.table.tableName,
    keyArn: keyStore.encryptionKey.keyArn,
    eventBusName: eventBus.eventBusName,
    nafFqdn: settings.nafFqdn,
    mbs: JSON.stringify(feed),
  });
}

/** Lets the function read MSKs, keep what it handed over, and tell of it. */
function allowHandler(role: Role, { mbs, keyStore, eventBus }: MbsFeedProps): void {
  keyStore.allowTable(role, ['dynamodb:BatchGetItem', 'dynamodb:GetItem'], EXPORTED_PARTITIONS);
  keyStore.allowTable(role, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], MBS_PARTITIONS);
  keyStore.allowDataKeys(role);
  const allow = (actions: string[], resource: string, conditions = {}) =>
    role.addToPolicy(new PolicyStatement({ actions, resources: [resource], conditions }));
  allow(['events:PutEvents'], eventBus.eventBusArn, conditionsOfEvents([EVENT_SOURCE], TOLD));
  if (mbs.tlsSecretArn !== undefined) allow(['secretsmanager:GetSecretValue'], mbs.tlsSecretArn);
}
