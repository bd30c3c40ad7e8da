import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Cluster,
  ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
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
import { METRICS_NAMESPACE } from '../../functions/metrics.ts';
import { ASSOCIATION_PARTITIONS, LEDGER_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import type { Settings } from '../settings/index.ts';
import { VISIBILITY_TIMEOUT_S } from './distribution-queue.ts';
import type { KeyStore } from './key-store.ts';
import type { SenderNetwork } from './sender-network.ts';
import { SenderScaling } from './sender-scaling.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The only folders and files that the image is made from. */
export const IMAGE_SOURCES = ['functions', 'lib', 'package.json', 'package-lock.json'];

/** What the Key Distribution function works with. */
export interface KeyDistributionProps {
  readonly settings: Settings;
  readonly keyStore: KeyStore;
  readonly eventBus: IEventBus;
  readonly queue: IQueue;
  readonly network: SenderNetwork;
}

/** The Key Distribution function: a long-running sender on Fargate that takes work from the queue. */
export class KeyDistribution extends Construct {
  readonly cluster: Cluster;
  readonly service: FargateService;

  constructor(
    scope: Construct,
    id: string,
    { settings, keyStore, eventBus, queue, network }: KeyDistributionProps,
  ) {
    super(scope, id);
    const { delivery, sender, retention } = settings;
    const isArm = sender.architecture === 'arm64';
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: sender.cpu,
      memoryLimitMiB: sender.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: isArm ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    task.addContainer('Sender', {
      image: imageOf(sender),
      logging: LogDrivers.awsLogs({
        streamPrefix: 'sender',
        logGroup: new LogGroup(this, 'Logs', { retention: retention.logDays }),
      }),
      readonlyRootFilesystem: true,
      // What Fargate allows: work in hand is finished, then verification messages are waited for.
      stopTimeout: Duration.seconds(120),
      linuxParameters: new LinuxParameters(this, 'Linux', { initProcessEnabled: true }),
      portMappings: [{ containerPort: delivery.udpPort, protocol: Protocol.UDP }],
      healthCheck: { command: ['CMD', 'node', 'main.mjs', '--health'], startPeriod: Duration.seconds(30) },
      environment: {
        BMSC_TABLE_NAME: keyStore.table.tableName,
        BMSC_KEY_ARN: keyStore.encryptionKey.keyArn,
        BMSC_EVENT_BUS_NAME: eventBus.eventBusName,
        BMSC_QUEUE_URL: queue.queueUrl,
        BMSC_NAF_FQDN: settings.nafFqdn,
        BMSC_UDP_ADDRESS: '0.0.0.0',
        BMSC_UDP_PORT: String(delivery.udpPort),
        BMSC_SENDER_WORKERS: String(workersOf(sender)),
        BMSC_VERIFICATION: String(delivery.verification),
        ...deliveryEnvironment(settings),
        BMSC_REPLAYS: sender.sendReplays ? 'send' : 'ignore',
        POWERTOOLS_SERVICE_NAME: 'key-distribution',
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        LOG_LEVEL: 'INFO',
      },
    });
    Validations.of(task).acknowledge(
      { id: 'AwsSolutions-ECS2', reason: 'The variables name resources; none is a secret.' },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken, by which Fargate pulls the image, knows no resources.',
      },
    );
    keyStore.allowTable(task.taskRole, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']);
    // The ledger, and the one use of a MUK beyond its lifetime; nothing that says who may have which key.
    keyStore.allowTable(task.taskRole, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], LEDGER_PARTITIONS);
    keyStore.allowTable(task.taskRole, ['dynamodb:UpdateItem'], ASSOCIATION_PARTITIONS);
    keyStore.allowDataKeys(task.taskRole);
    queue.grant(
      task.taskRole,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      // Pages of pushes that are handed on.
      'sqs:SendMessage',
    );
    queue.encryptionMasterKey?.grant(task.taskRole, 'kms:Decrypt', 'kms:GenerateDataKey');
    task.addToTaskRolePolicy(
      new PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }),
    );

    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
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
    const { scaling } = sender;
    if (scaling !== undefined) new SenderScaling(this, 'Scaling', { service: this.service, queue, scaling });
  }
}

/** How it delivers, and how it stops. */
function deliveryEnvironment({ delivery, sender }: Settings): Record<string, string> {
  const { retransmission, pacing, pageUes } = delivery;
  const { perPrefixPerSecond } = pacing;
  return {
    BMSC_RETRANSMISSION_TRIES: String(retransmission.tries),
    BMSC_RETRANSMISSION_FIRST_S: String(retransmission.firstSeconds),
    BMSC_PER_SECOND: String(pacing.perSecond),
    ...(perPrefixPerSecond === undefined ? {} : { BMSC_PER_PREFIX_PER_SECOND: String(perPrefixPerSecond) }),
    BMSC_PREFIX_LENGTH_IPV4: String(pacing.ipv4PrefixLength),
    BMSC_PREFIX_LENGTH_IPV6: String(pacing.ipv6PrefixLength),
    BMSC_PULL_SPREAD_S: String(pacing.pullSpreadSeconds),
    BMSC_PAGE_UES: String(pageUes),
    BMSC_VISIBILITY_TIMEOUT_S: String(VISIBILITY_TIMEOUT_S),
    BMSC_DRAIN_S: String(sender.drainSeconds),
  };
}

/**
 * A process for each vCPU of the task (1024 units), and one for less. It is told, for a container need not see the limits
 * of its task.
 */
function workersOf({ cpu }: Settings['sender']): number {
  return Math.max(1, Math.floor(cpu / 1024));
}

/** The platform is that of the task: an image of another one does not start. */
function imageOf({ image, architecture }: Settings['sender']): ContainerImage {
  if (image !== 'build') return ContainerImage.fromRegistry(image);
  return ContainerImage.fromAsset(ROOT, {
    file: 'functions/key-distribution/Dockerfile',
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: ['*', ...IMAGE_SOURCES.map((source) => `!${source}`)],
  });
}
