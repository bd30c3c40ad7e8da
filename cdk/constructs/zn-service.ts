import { Duration, Validations } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  type ContainerImage,
  CpuArchitecture,
  Secret as EcsSecret,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { DnsRecordType, PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { environmentOf, ZN_VARIABLE } from '../../functions/environment-variables.ts';
import type { Settings } from '../settings/index.ts';
import { HEALTH_COMMAND, imageOf } from './container-image.ts';
import { deploymentOf } from './deployment.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';
import type { SenderNetwork } from './sender-network.ts';

/** The settings of Diameter Zn. */
export type ZnSettings = NonNullable<NonNullable<Settings['keySource']>['zn']>;

/** What the service works with. */
export interface ZnServiceProps {
  readonly settings: Settings;
  readonly zn: ZnSettings;
  readonly network: SenderNetwork;
  readonly cluster: ICluster;
  /** @default as the settings say */
  readonly image?: ContainerImage | undefined;
}

/** TCP port of Nbsp_GBA over HTTP/2. */
const HTTP_PORT = 8080;

/** Less than the Key Request function waits, so that it learns why there is no answer. */
const MARGIN_S = 0.2;

/**
 * The service that speaks Diameter Zn to the BSF (TS 29.109) and offers Nbsp_GBA to the Key Request function,
 * under a name that only the VPC knows. Each task keeps a connection to every peer.
 */
export class ZnService extends Construct {
  readonly apiRoot: string;
  readonly logGroup: LogGroup;
  readonly service: FargateService;
  readonly #securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { settings, zn, network, cluster, image }: ZnServiceProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const namespace = new PrivateDnsNamespace(this, 'Namespace', {
      name: `${deploymentOf(this).toLowerCase()}.bmsc.internal`,
      vpc: network.vpc,
      description: 'BM-SC: services for the Key Request function',
    });
    this.#securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: 'BM-SC: Diameter Zn',
    });
    this.service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: this.#createTask(settings, zn, image ?? imageOfZn(this, zn)),
      desiredCount: zn.desiredCount,
      securityGroups: [this.#securityGroup],
      vpcSubnets: network.subnets,
      assignPublicIp: network.assignPublicIp,
      minHealthyPercent: 50,
      circuitBreaker: { rollback: true },
      cloudMapOptions: {
        name: 'zn',
        cloudMapNamespace: namespace,
        dnsRecordType: DnsRecordType.A,
        dnsTtl: Duration.seconds(10),
      },
    });
    this.service.node.addDependency(network.ready);
    network.endpoints?.addIngressRule(this.#securityGroup, Port.tcp(443), 'Calls of the Zn service');
    this.apiRoot = `http://zn.${namespace.namespaceName}:${HTTP_PORT}`;
  }

  /** Lets a function ask for keys; nothing else may. */
  allow(securityGroup: SecurityGroup): void {
    this.#securityGroup.addIngressRule(securityGroup, Port.tcp(HTTP_PORT), 'Nbsp_GBA of the function');
  }

  #createTask(settings: Settings, zn: ZnSettings, image: ContainerImage): FargateTaskDefinition {
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: zn.cpu,
      memoryLimitMiB: 2 * zn.cpu,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const { tlsSecretArn } = settings.keySource ?? {};
    const tls =
      tlsSecretArn === undefined ? undefined : Secret.fromSecretCompleteArn(this, 'Tls', tlsSecretArn);
    task.addContainer('Zn', {
      image,
      logging: LogDrivers.awsLogs({ streamPrefix: 'zn', logGroup: this.logGroup }),
      readonlyRootFilesystem: true,
      stopTimeout: Duration.seconds(30),
      portMappings: [{ containerPort: HTTP_PORT }],
      healthCheck: { command: [...HEALTH_COMMAND], startPeriod: Duration.seconds(30) },
      environment: { ...environmentOfZn(settings, zn), ...powertoolsEnvironment(this, 'zn') },
      ...(tls === undefined ? {} : { secrets: { [ZN_VARIABLE.tls]: EcsSecret.fromSecretsManager(tls) } }),
    });
    Validations.of(task).acknowledge(
      { id: 'AwsSolutions-ECS2', reason: 'The variables name peers; secrets come from Secrets Manager.' },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken, by which Fargate pulls the image, knows no resources.',
      },
    );
    return task;
  }
}

function imageOfZn(scope: Construct, { image, imageSecretArn }: ZnSettings): ContainerImage {
  return imageOf(scope, { image, imageSecretArn, architecture: 'arm64', service: 'zn' });
}

function environmentOfZn({ nafFqdn, keySource }: Settings, zn: ZnSettings): Record<string, string> {
  return environmentOf(ZN_VARIABLE, {
    originHost: nafFqdn,
    originRealm: zn.originRealm ?? zn.realm,
    originPerTask: String(zn.desiredCount > 1),
    destinationRealm: zn.realm,
    peers: JSON.stringify(zn.peers),
    transport: zn.transport,
    timeoutSeconds: String(Math.max(0.1, (keySource?.timeoutSeconds ?? 2) - MARGIN_S)),
    httpPort: String(HTTP_PORT),
  });
}
