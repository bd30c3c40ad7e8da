import { Duration, Validations } from 'aws-cdk-lib';
import {
  Cluster,
  type ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  Protocol,
} from 'aws-cdk-lib/aws-ecs';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  environmentOf,
  SENDER_NODE_OPTIONS,
  SENDER_VARIABLE,
} from '../../functions/environment-variables.ts';
import {
  ASSOCIATION_PARTITIONS,
  LEDGER_PARTITIONS,
  UNDER_WAY_PARTITIONS,
} from '../../lib/store/partition-patterns.ts';
import { commandSourcesOf } from '../settings/events.ts';
import type { Settings } from '../settings/index.ts';
import { servesIpv6 } from '../settings/network.ts';
import { HEALTH_COMMAND, imageOf } from './container-image.ts';
import { VISIBILITY_TIMEOUT_S } from './distribution-queue.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import type { SenderNetwork } from './sender-network.ts';
import { SenderScaling } from './sender-scaling.ts';
import { addTraceCollector } from './traces.ts';

/** What the Key Distribution function works with. */
export interface KeyDistributionProps {
  readonly settings: Settings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  readonly queue: IQueue;
  /** Where the sender puts work that can't succeed. */
  readonly deadLetterQueue: IQueue;
  readonly network: SenderNetwork;
  /** @default a new one */
  readonly cluster?: ICluster | undefined;
  /** @default as the settings say */
  readonly image?: ContainerImage | undefined;
}

/** The Key Distribution function: a long-running sender on Fargate that takes work from the queue. */
export class KeyDistribution extends Construct {
  readonly cluster: ICluster;
  readonly logGroup: LogGroup;
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: KeyDistributionProps) {
    super(scope, id);
    const { settings, keyStore, eventBus, queue, deadLetterQueue, network } = props;
    const { sender } = settings;
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const image = props.image ?? imageOf(this, { ...sender, service: 'key-distribution' });
    const task = this.#createTask(settings, image, {
      tableName: keyStore.table.tableName,
      keyArn: keyStore.encryptionKey.keyArn,
      eventBusName: eventBus.eventBusName,
      queueUrl: queue.queueUrl,
      deadLetterQueueUrl: deadLetterQueue.queueUrl,
    });
    allowSender(task, { keyStore, eventBus, queue, deadLetterQueue });
    this.cluster =
      props.cluster ??
      new Cluster(this, 'Cluster', {
        vpc: network.vpc,
        containerInsightsV2: settings.operations.containerInsights
          ? ContainerInsights.ENABLED
          : ContainerInsights.DISABLED,
      });
    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: task,
      // Where tasks come and go with the work, a deployment leaves their number alone.
      ...(sender.scaling === undefined ? { desiredCount: sender.desiredCount } : {}),
      securityGroups: [network.securityGroup],
      vpcSubnets: network.subnets,
      assignPublicIp: network.assignPublicIp,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    });
    this.service.node.addDependency(network.ready);
    const { scaling } = sender;
    if (scaling !== undefined) new SenderScaling(this, 'Scaling', { service: this.service, queue, scaling });
  }

  #createTask(settings: Settings, image: ContainerImage, resources: SenderResources): FargateTaskDefinition {
    const { delivery, sender } = settings;
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: sender.cpu,
      memoryLimitMiB: sender.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: sender.architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const container = task.addContainer('Sender', {
      image,
      logging: LogDrivers.awsLogs({ streamPrefix: 'sender', logGroup: this.logGroup }),
      readonlyRootFilesystem: true,
      // The longest that Fargate allows: the sender finishes its work, and waits for verification messages.
      stopTimeout: Duration.seconds(120),
      linuxParameters: new LinuxParameters(this, 'Linux', { initProcessEnabled: true }),
      portMappings: [{ containerPort: delivery.udpPort, protocol: Protocol.UDP }],
      healthCheck: { command: [...HEALTH_COMMAND], startPeriod: Duration.seconds(30) },
      environment: {
        ...environmentOfSender(settings, resources),
        NODE_OPTIONS: SENDER_NODE_OPTIONS,
        ...powertoolsEnvironment(this, 'keyDistribution', settings.operations),
      },
    });
    addTraceCollector(task, container, { operations: settings.operations, logGroup: this.logGroup });
    Validations.of(task).acknowledge(
      { id: 'AwsSolutions-ECS2', reason: 'The variables name resources; none is a secret.' },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken, by which Fargate pulls the image, knows no resources.',
      },
    );
    return task;
  }
}

/** Lets the sender read the table, write the ledger, take and enqueue work, and publish events. */
function allowSender(
  task: FargateTaskDefinition,
  {
    keyStore,
    eventBus,
    queue,
    deadLetterQueue,
  }: Pick<KeyDistributionProps, 'keyStore' | 'eventBus' | 'queue' | 'deadLetterQueue'>,
): void {
  keyStore.allowTable(task.taskRole, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']);
  // The ledger, and the one use of a MUK beyond its lifetime; nothing that says who may have which key.
  keyStore.allowTable(task.taskRole, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], LEDGER_PARTITIONS);
  keyStore.allowTable(task.taskRole, ['dynamodb:UpdateItem'], ASSOCIATION_PARTITIONS);
  // A push that is completed is not under way any more.
  keyStore.allowTable(task.taskRole, ['dynamodb:DeleteItem'], UNDER_WAY_PARTITIONS);
  keyStore.allowDataKeys(task.taskRole);
  queue.grant(
    task.taskRole,
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    // A sender enqueues the pages of a push.
    'sqs:SendMessage',
  );
  deadLetterQueue.grant(task.taskRole, 'sqs:SendMessage');
  queue.encryptionMasterKey?.grant(task.taskRole, 'kms:Decrypt', 'kms:GenerateDataKey');
  task.addToTaskRolePolicy(
    new PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }),
  );
}

/** Resources that the sender finds by its environment. */
type SenderResources = Readonly<
  Record<'tableName' | 'keyArn' | 'eventBusName' | 'queueUrl' | 'deadLetterQueueUrl', string>
>;

function environmentOfSender(settings: Settings, resources: SenderResources): Record<string, string> {
  const { delivery, sender } = settings;
  const { retransmission, pacing } = delivery;
  const { perPrefixPerSecond } = pacing;
  return environmentOf(SENDER_VARIABLE, {
    ...resources,
    commandSources: commandSourcesOf(settings.events).join(','),
    nafFqdn: settings.nafFqdn,
    udpAddresses: servesIpv6(settings.network) ? '0.0.0.0,::' : '0.0.0.0',
    udpPort: String(delivery.udpPort),
    workers: String(workersOf(sender)),
    native: sender.native,
    verification: String(delivery.verification),
    mskRand: delivery.mskRand,
    retransmissionTries: String(retransmission.tries),
    retransmissionFirstSeconds: String(retransmission.firstSeconds),
    perSecond: String(pacing.perSecond),
    perPrefixPerSecond: perPrefixPerSecond === undefined ? undefined : String(perPrefixPerSecond),
    ipv4PrefixLength: String(pacing.ipv4PrefixLength),
    ipv6PrefixLength: String(pacing.ipv6PrefixLength),
    spreadSeconds: String(pacing.pullSpreadSeconds),
    pageUes: String(delivery.pageUes),
    visibilityTimeoutSeconds: String(VISIBILITY_TIMEOUT_S),
    drainSeconds: String(sender.drainSeconds),
    replays: sender.sendReplays ? 'send' : 'ignore',
  });
}

/**
 * A worker for each vCPU of the task (1024 units), at least one. The sender gets the number, since a
 * container need not see the limits of its task.
 */
function workersOf({ cpu }: Settings['sender']): number {
  return Math.max(1, Math.floor(cpu / 1024));
}
