import { Duration, Validations } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  type ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { environmentOf, TRAFFIC_VARIABLE } from '../../functions/environment-variables.ts';
import { OWN_COMMAND_SOURCE } from '../../lib/events/command-sources.ts';
import { KEPT_MTKS_PARTITIONS, TRAFFIC_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import type { Settings } from '../settings/index.ts';
import { HEALTH_COMMAND, imageOf } from './container-image.ts';
import { conditionsOfEvents } from './grants.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import type { SenderNetwork } from './sender-network.ts';

/** The settings of the traffic key service. */
export type TrafficSettings = NonNullable<Settings['traffic']>;

/** What the service works with. */
export interface TrafficKeysProps {
  readonly settings: Settings;
  readonly traffic: TrafficSettings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
  readonly network: SenderNetwork;
  readonly cluster: ICluster;
  /** @default as the settings say */
  readonly image?: ContainerImage | undefined;
}

/**
 * The traffic key service on Fargate: MTKs under the MSKs of the key store, and SRTP where a stream says so.
 */
export class TrafficKeys extends Construct {
  readonly logGroup: LogGroup;
  readonly service: FargateService;
  /** RTP that is to be protected comes in here: let its sources in. */
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: TrafficKeysProps) {
    super(scope, id);
    const { settings, traffic, network, cluster } = props;
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'BM-SC: traffic keys',
    });
    this.service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: this.#createTask(props),
      desiredCount: traffic.desiredCount,
      securityGroups: [this.securityGroup],
      vpcSubnets: network.subnets,
      assignPublicIp: network.assignPublicIp,
      minHealthyPercent: 50,
      circuitBreaker: { rollback: true },
    });
    this.service.node.addDependency(network.ready);
    network.endpoints?.addIngressRule(this.securityGroup, Port.tcp(443), 'Calls of the traffic key service');
  }

  #createTask({ settings, traffic, keyStore, eventBus, image }: TrafficKeysProps): FargateTaskDefinition {
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: traffic.cpu,
      memoryLimitMiB: 2 * traffic.cpu,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    task.addContainer('Traffic', {
      image: image ?? imageOf(this, { ...traffic, architecture: 'arm64', service: 'traffic' }),
      logging: LogDrivers.awsLogs({ streamPrefix: 'traffic', logGroup: this.logGroup }),
      readonlyRootFilesystem: true,
      stopTimeout: Duration.seconds(30),
      healthCheck: { command: [...HEALTH_COMMAND], startPeriod: Duration.seconds(30) },
      environment: {
        ...environmentOf(TRAFFIC_VARIABLE, {
          tableName: keyStore.table.tableName,
          keyArn: keyStore.encryptionKey.keyArn,
          eventBusName: eventBus.eventBusName,
          streams: JSON.stringify(traffic.streams),
        }),
        ...powertoolsEnvironment(this, 'traffic', { keyDomainMetrics: settings.operations.keyDomainMetrics }),
      },
    });
    allowTraffic(task, keyStore, eventBus);
    if (traffic.streams.some((each) => each.export)) allowKeptMtks(task, keyStore);
    Validations.of(task).acknowledge(
      { id: 'AwsSolutions-ECS2', reason: 'The variables name resources and streams; none is a secret.' },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken, by which Fargate pulls the image, knows no resources.',
      },
    );
    return task;
  }
}

/** Reads MSKs, writes which numbers are given out and whose turn it is, and asks for rotations. */
function allowTraffic(
  { taskRole }: FargateTaskDefinition,
  keyStore: KeyStoreBase,
  eventBus: IEventBus,
): void {
  keyStore.allowTable(taskRole, ['dynamodb:BatchGetItem', 'dynamodb:GetItem']);
  keyStore.allowTable(taskRole, ['dynamodb:UpdateItem'], TRAFFIC_PARTITIONS);
  keyStore.allowDataKeys(taskRole);
  taskRole.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus.eventBusArn],
      conditions: conditionsOfEvents([OWN_COMMAND_SOURCE], ['Rotate MSK']),
    }),
  );
}

/** Seals MTKs for the export of keys. */
function allowKeptMtks({ taskRole }: FargateTaskDefinition, keyStore: KeyStoreBase): void {
  keyStore.allowTable(taskRole, ['dynamodb:UpdateItem', 'dynamodb:PutItem'], KEPT_MTKS_PARTITIONS);
  keyStore.allowNewDataKeys(taskRole);
}
