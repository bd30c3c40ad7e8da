import { CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { parseSettings, type SettingsInput } from '../settings/index.ts';
import { Alarms } from './alarms.ts';
import { OperationsDashboard } from './dashboard.ts';
import { DistributionQueue } from './distribution-queue.ts';
import { Edge } from './edge.ts';
import { BmscEventBus } from './event-bus.ts';
import { KeyDistribution } from './key-distribution.ts';
import { KeyRequest } from './key-request.ts';
import { KeyRotation } from './key-rotation.ts';
import { KeyStore } from './key-store.ts';
import { SenderNetwork } from './sender-network.ts';
import { ZnService, type ZnServiceProps } from './zn-service.ts';

/** What an operator's own stack hands to the BM-SC. */
export interface BmscKeyManagementProps {
  /** @default every setting's own default */
  readonly settings?: SettingsInput;
  /** @default a key store of its own */
  readonly keyStore?: KeyStore;
}

/**
 * A whole BM-SC key management function: key store, Key Request function with its edge, event bus, and Key
 * Distribution function, for use in a stack of the operator's own.
 * @throws SettingsError that names the wrong setting
 */
export class BmscKeyManagement extends Construct {
  readonly keyStore: KeyStore;
  readonly keyRequest: KeyRequest;
  readonly events: BmscEventBus;
  readonly queues: DistributionQueue;
  readonly network: SenderNetwork;
  readonly keyDistribution: KeyDistribution;
  readonly keyRotation: KeyRotation;
  readonly hasKeySource: boolean;
  readonly hasZn: boolean;
  /** Where UEs send their requests. */
  readonly keyManagementUrl: string;

  constructor(scope: Construct, id: string, props: BmscKeyManagementProps = {}) {
    super(scope, id);
    const settings = parseSettings(props.settings);
    const { delivery, retention, operations } = settings;
    this.hasKeySource = settings.keySource !== undefined;
    this.hasZn = settings.keySource?.zn !== undefined;
    this.keyStore = props.keyStore ?? new KeyStore(this, 'KeyStore', { retain: retention.data === 'retain' });
    this.queues = new DistributionQueue(this, 'DistributionQueue', settings.queues);
    const { queue, deadLetterQueue, ruleDeadLetterQueue } = this.queues;
    this.events = new BmscEventBus(this, 'Events', {
      queue,
      deadLetterQueue: ruleDeadLetterQueue,
      pushAtRegistration: delivery.pushAtRegistration,
      archiveDays: retention.archiveDays,
    });
    const { eventBus } = this.events;
    this.network = new SenderNetwork(this, 'Network', {
      network: settings.network,
      udpPort: delivery.udpPort,
      logDays: retention.logDays,
    });
    const { keyStore, network } = this;
    this.keyDistribution = new KeyDistribution(this, 'KeyDistribution', {
      settings,
      keyStore,
      eventBus,
      queue,
      deadLetterQueue,
      network,
    });
    const { cluster } = this.keyDistribution;
    const zn = createZnService(this, { settings, network, cluster });
    this.keyRequest = new KeyRequest(this, 'KeyRequest', { settings, keyStore, eventBus, network, zn });
    const edge = new Edge(this, 'Edge', { settings, keyRequest: this.keyRequest, network });
    this.keyManagementUrl = `${edge.url}${settings.keyManagementPath}`;
    this.keyRotation = new KeyRotation(this, 'KeyRotation', {
      settings,
      keyStore,
      eventBus,
      deadLetterQueue: ruleDeadLetterQueue,
    });
    if (operations.dashboard) new OperationsDashboard(this, 'Dashboard', { bmsc: this });
    const alarms = operations.alarms ? new Alarms(this, 'Alarms', { bmsc: this, operations }) : undefined;
    addOutputs(this, {
      UeAddressFamilies: network.ipv6 ? 'IPv4 and IPv6' : 'IPv4',
      KeyDomains: settings.keyDomains.join(',') || 'any',
      ...(alarms === undefined ? {} : { AlarmTopicArn: alarms.topic.topicArn }),
    });
  }
}

/** The service that speaks Diameter Zn, where the settings have one. */
function createZnService(scope: Construct, props: Omit<ZnServiceProps, 'zn'>): ZnService | undefined {
  const zn = props.settings.keySource?.zn;
  return zn && new ZnService(scope, 'Zn', { ...props, zn });
}

/** What the command line and operators' systems find a deployment by; the names are part of the contract. */
function addOutputs(bmsc: BmscKeyManagement, others: Readonly<Record<string, string>>): void {
  const outputs = {
    KeyManagementUrl: bmsc.keyManagementUrl,
    TableName: bmsc.keyStore.table.tableName,
    EncryptionKeyArn: bmsc.keyStore.encryptionKey.keyArn,
    EventBusName: bmsc.events.eventBus.eventBusName,
    EventBusArn: bmsc.events.eventBus.eventBusArn,
    ScheduleGroupName: bmsc.keyRotation.scheduleGroup.name ?? '',
    ScheduleRoleArn: bmsc.keyRotation.scheduleRole.roleArn,
    QueueUrl: bmsc.queues.queue.queueUrl,
    DeadLetterQueueUrl: bmsc.queues.deadLetterQueue.queueUrl,
    RuleDeadLetterQueueUrl: bmsc.queues.ruleDeadLetterQueue.queueUrl,
    ...others,
  };
  for (const [name, value] of Object.entries(outputs))
    new CfnOutput(bmsc, name, { value }).overrideLogicalId(name);
}
