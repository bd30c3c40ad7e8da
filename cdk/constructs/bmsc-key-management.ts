import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { commandSourcesOf } from '../settings/events.ts';
import type { Settings } from '../settings/index.ts';
import { Alarms } from './alarms.ts';
import { BmscKeyManagementBase, type IBmscKeyManagement } from './bmsc-key-management-base.ts';
import type { BmscKeyManagementProps } from './bmsc-key-management-props.ts';
import { OperationsDashboard } from './dashboard.ts';
import { type Deployment, nameDeployment } from './deployment.ts';
import { DistributionQueue } from './distribution-queue.ts';
import { Edge } from './edge.ts';
import { BmscEventBus } from './event-bus.ts';
import { type BmscKeyManagementAttributes, FoundBmscKeyManagement } from './found-bmsc-key-management.ts';
import { KeyDistribution } from './key-distribution.ts';
import { KeyExport } from './key-export.ts';
import { KeyRequest } from './key-request.ts';
import { KeyRotation } from './key-rotation.ts';
import { KeyStore, type KeyStoreBase, tableOfSettings } from './key-store.ts';
import { MbsFeed } from './mbs-feed.ts';
import { MbsStatus } from './mbs-status.ts';
import { outputsOf } from './outputs.ts';
import { Provisioning } from './provisioning.ts';
import { type LogGroups, SavedQueries } from './saved-queries.ts';
import { SenderNetwork } from './sender-network.ts';
import { settingsOfProps } from './settings-of-props.ts';
import { TrafficKeys } from './traffic-keys.ts';
import { ZnService } from './zn-service.ts';

/**
 * A whole BM-SC key management function: key store, Key Request function with its edge, event bus, and Key
 * Distribution function, for use in a stack of the operator's own.
 * @throws SettingsError that names the wrong setting, or the property that contradicts one
 */
export class BmscKeyManagement extends BmscKeyManagementBase {
  /** A BM-SC that is deployed already, by the outputs of its stack: nothing is made. */
  static fromAttributes(
    scope: Construct,
    id: string,
    attributes: BmscKeyManagementAttributes,
  ): IBmscKeyManagement {
    return new FoundBmscKeyManagement(scope, id, attributes);
  }

  readonly stackName: string;
  readonly keyStore: KeyStoreBase;
  readonly keyRequest: KeyRequest;
  readonly events: BmscEventBus;
  readonly eventBus: IEventBus;
  readonly commandSources: readonly string[];
  readonly queues: DistributionQueue;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly ruleDeadLetterQueue: IQueue;
  readonly network: SenderNetwork;
  readonly keyDistribution: KeyDistribution;
  readonly keyRotation: KeyRotation;
  readonly provisioning: Provisioning;
  readonly scheduleGroupName: string;
  readonly scheduleRoleArn: string;
  readonly edge: Edge;
  readonly dashboard: OperationsDashboard | undefined;
  readonly alarms: Alarms | undefined;
  readonly zn: ZnService | undefined;
  readonly traffic: TrafficKeys | undefined;
  readonly keyExport: KeyExport | undefined;
  readonly mbsFeed: MbsFeed | undefined;
  readonly mbsStatus: MbsStatus | undefined;
  readonly hasKeySource: boolean;
  readonly hasZn: boolean;
  readonly keyManagementUrl: string;

  constructor(scope: Construct, id: string, props: BmscKeyManagementProps = {}) {
    super(scope, id);
    const settings = settingsOfProps(props);
    const deployment = nameDeployment(this, deploymentsOf(Stack.of(this)), props.outputPrefix);
    const { delivery, retention, operations } = settings;
    this.stackName = Stack.of(this).stackName;
    this.commandSources = commandSourcesOf(settings.events);
    this.hasKeySource = settings.keySource !== undefined;
    this.hasZn = settings.keySource?.zn !== undefined;
    this.keyStore = props.keyStore ?? this.#createKeyStore(settings, props);
    this.queues = new DistributionQueue(this, 'DistributionQueue', settings.queues);
    const { queue, deadLetterQueue, ruleDeadLetterQueue } = this.queues;
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.ruleDeadLetterQueue = ruleDeadLetterQueue;
    this.events = new BmscEventBus(this, 'Events', {
      eventBus: props.eventBus,
      ...{ queue, deadLetterQueue: ruleDeadLetterQueue, settings },
    });
    this.eventBus = this.events.eventBus;
    this.network = new SenderNetwork(this, 'Network', {
      network: settings.network,
      udpPort: delivery.udpPort,
      ...{ logDays: retention.logDays, hasTraces: operations.traces },
      vpc: props.vpc ?? props.cluster?.vpc,
      subnets: props.vpcSubnets,
    });
    const { keyStore, eventBus, network } = this;
    this.keyDistribution = new KeyDistribution(this, 'KeyDistribution', {
      ...{ settings, keyStore, eventBus, queue, deadLetterQueue, network },
      cluster: props.cluster,
      image: props.senderImage,
    });
    this.zn = this.#createZnService(settings, props);
    this.traffic = this.#createTrafficKeys(settings, props);
    this.keyExport = this.#createKeyExport(settings);
    this.mbsStatus = this.#createMbsStatus(settings);
    this.mbsFeed = this.#createMbsFeed(settings);
    const { zn } = this;
    this.keyRequest = new KeyRequest(this, 'KeyRequest', { settings, keyStore, eventBus, network, zn });
    this.edge = new Edge(this, 'Edge', { settings, keyRequest: this.keyRequest, network });
    this.keyManagementUrl = `${this.edge.url}${settings.keyManagementPath}`;
    const behindRules = { settings, keyStore, eventBus, deadLetterQueue: ruleDeadLetterQueue };
    this.keyRotation = new KeyRotation(this, 'KeyRotation', behindRules);
    this.provisioning = new Provisioning(this, 'Provisioning', behindRules);
    this.scheduleGroupName = this.keyRotation.scheduleGroup.name ?? '';
    this.scheduleRoleArn = this.keyRotation.scheduleRole.roleArn;
    const { alarmTopic: topic } = props;
    const logGroups = logGroupsOf(this);
    this.dashboard = operations.dashboard
      ? new OperationsDashboard(this, 'Dashboard', { bmsc: this, logGroups })
      : undefined;
    if (operations.savedQueries) new SavedQueries(this, 'Queries', { logGroups });
    this.alarms = operations.alarms
      ? new Alarms(this, 'Alarms', { bmsc: this, operations, topic })
      : undefined;
    addOutputs(this, settings, deployment);
  }

  #createKeyStore(settings: Settings, { table, encryptionKey }: BmscKeyManagementProps): KeyStore {
    const retain = settings.retention.data === 'retain';
    const given = settings.table === undefined ? { table, encryptionKey } : tableOfSettings(this, settings);
    return new KeyStore(this, 'KeyStore', { retain, ...given });
  }

  /** The service that sends MTKs, where the settings have one. */
  #createTrafficKeys(settings: Settings, props: BmscKeyManagementProps): TrafficKeys | undefined {
    const { traffic } = settings;
    const { keyStore, eventBus, network, keyDistribution } = this;
    const { cluster } = keyDistribution;
    const parts = { keyStore, eventBus, network, cluster, image: props.trafficImage };
    return traffic && new TrafficKeys(this, 'Traffic', { settings, traffic, ...parts });
  }

  get keyExportFunctionArn(): string | undefined {
    return this.keyExport?.handler.functionArn;
  }

  get hasMbs(): boolean {
    return this.mbsFeed !== undefined;
  }

  /** The export of keys for other systems, where the settings have one. */
  #createKeyExport(settings: Settings): KeyExport | undefined {
    const { keyExport } = settings;
    const { keyStore, eventBus } = this;
    return keyExport && new KeyExport(this, 'KeyExport', { settings, keyExport, keyStore, eventBus });
  }

  /** The feed of MSKs for 5MBS, where the settings have one. */
  #createMbsFeed(settings: Settings): MbsFeed | undefined {
    const { mbs } = settings;
    const { keyStore, eventBus, network, ruleDeadLetterQueue: deadLetterQueue, mbsStatus } = this;
    const parts = { keyStore, eventBus, deadLetterQueue, network, statusUrl: mbsStatus?.url };
    return mbs && new MbsFeed(this, 'Mbs', { settings, mbs, ...parts });
  }

  get hasMbsStatus(): boolean {
    return this.mbsStatus !== undefined;
  }

  /** What takes notifications of the status of MBS sessions, where the settings have it. */
  #createMbsStatus(settings: Settings): MbsStatus | undefined {
    const { keyStore, eventBus } = this;
    return settings.mbs?.status && new MbsStatus(this, 'MbsStatus', { settings, keyStore, eventBus });
  }

  /** The service that speaks Diameter Zn, where the settings have one. */
  #createZnService(settings: Settings, { znImage: image }: BmscKeyManagementProps): ZnService | undefined {
    const zn = settings.keySource?.zn;
    const { network, keyDistribution } = this;
    const { cluster } = keyDistribution;
    return zn && new ZnService(this, 'Zn', { settings, zn, network, cluster, image });
  }
}

function deploymentsOf(stack: Stack): BmscKeyManagement[] {
  return stack.node.findAll().filter((child) => child instanceof BmscKeyManagement);
}

function logGroupsOf(bmsc: BmscKeyManagement): LogGroups {
  const { keyRequest, keyDistribution, keyRotation, provisioning, zn, edge, events, keyExport } = bmsc;
  const { mbsFeed, mbsStatus } = bmsc;
  return {
    keyRequest: keyRequest.logGroup,
    keyDistribution: keyDistribution.logGroup,
    keyRotation: keyRotation.logGroup,
    provisioning: provisioning.logGroup,
    ...(keyExport === undefined ? {} : { keyExport: keyExport.logGroup }),
    ...(mbsFeed === undefined ? {} : { mbsFeed: mbsFeed.logGroup }),
    ...(mbsStatus === undefined ? {} : { mbsStatus: mbsStatus.logGroup }),
    ...(zn === undefined ? {} : { zn: zn.logGroup }),
    ...(edge.api === undefined ? {} : { access: edge.api.logGroup }),
    ...(events.log === undefined ? {} : { bus: events.log.logGroup }),
  };
}

/** The names are part of the contract. */
function addOutputs(bmsc: BmscKeyManagement, settings: Settings, { outputPrefix }: Deployment): void {
  for (const [name, value] of Object.entries(outputsOf(bmsc, settings)))
    new CfnOutput(bmsc, name, { value }).overrideLogicalId(`${outputPrefix}${name}`);
}
