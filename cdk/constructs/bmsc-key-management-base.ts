import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { METRIC } from '../../functions/metric-names.ts';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import {
  type CommandGrantOptions,
  type Grantable,
  grantCommands,
  grantExportKeys,
  grantImportKeys,
  grantProvision,
  grantProvisionByEvent,
  grantRead,
  grantRedrive,
  grantSchedules,
} from './grants.ts';
import type { KeyStoreBase } from './key-store.ts';
import { keyRequests, msksGranted, rotations, senderCount, verificationLatency } from './metrics.ts';

/** Options of a metric that may be of one Key Domain. */
export interface KeyDomainMetricOptions extends MetricOptions {
  /**
   * Of this Key Domain alone, in hexadecimal digits or as `001-01`; there is such a metric where the setting
   * `operations.keyDomainMetrics` is on.
   * @default of all Key Domains together
   */
  readonly keyDomainId?: string;
}

/** A BM-SC key management function, of this app or found by its attributes. */
export interface IBmscKeyManagement extends IConstruct, Grantable {
  /** Where UEs send their requests. */
  readonly keyManagementUrl: string;

  /** Lets an operator's system ask by events: push, solicit, rotate, activate, revoke; not tell facts. */
  grantCommands(grantee: IGrantable, options?: CommandGrantOptions): Grant;
  /**
   * Lets a system ask for MSKs and MTKs, wrapped for a recipient of the setting `keyExport`.
   * @throws SettingsError when the deployment has no such setting
   */
  grantExportKeys(grantee: IGrantable): Grant;
  /** Lets a system bring MSKs and MTKs that another network has made, and open none. */
  grantImportKeys(grantee: IGrantable): Grant;
  /** Lets an operator provision and take back services, MSKs, subscribers and associations. */
  grantProvision(grantee: IGrantable): Grant;
  /** Lets an operator's system provision by events on the bus, and open no key. */
  grantProvisionByEvent(grantee: IGrantable): Grant;
  /** Lets an operator see what is provisioned, registered, sent and scheduled; no key. */
  grantRead(grantee: IGrantable): Grant;
  /** Lets an operator look at dead letters, give them back, and discard them. */
  grantRedrive(grantee: IGrantable): Grant;
  /** Lets an operator set the schedules by which MSKs are rotated. */
  grantSchedules(grantee: IGrantable): Grant;

  /** Key requests that came to a result, such as `granted` or `failed`. */
  metricKeyRequests(result: string, options?: MetricOptions): Metric;
  /** MSKs that UEs confirmed. */
  metricMsksDelivered(options?: KeyDomainMetricOptions): Metric;
  /** MSKs that UEs did not confirm in all tries. */
  metricMsksUnverified(options?: KeyDomainMetricOptions): Metric;
  /** MSKs that UEs were not sent, for another reason; see docs/operations.md. */
  metricMessagesFailed(options?: KeyDomainMetricOptions): Metric;
  /** MSKs that were granted to UEs which asked, where the setting `operations.keyDomainMetrics` is on. */
  metricMsksGranted(keyDomainId: string, options?: MetricOptions): Metric;
  /** MIKEY messages that went out. */
  metricMessagesSent(options?: MetricOptions): Metric;
  /** From sending an MSK to its confirmation, ms, at a percentile. */
  metricVerificationLatency(percentile: number, options?: MetricOptions): Metric;
  /** Requests to rotate, activate or revoke that came to a result. */
  metricRotations(result: string, options?: KeyDomainMetricOptions): Metric;
  /** Age of the oldest work that waits for a sender, s. */
  metricWorkAge(options?: MetricOptions): Metric;
  /** Work that failed and waits for an operator. */
  metricDeadLetters(options?: MetricOptions): Metric;
}

/** What a BM-SC offers whether it is made here or found. */
export abstract class BmscKeyManagementBase extends Construct implements IBmscKeyManagement {
  abstract readonly keyManagementUrl: string;
  abstract readonly keyStore: KeyStoreBase;
  abstract readonly eventBus: IEventBus;
  abstract readonly commandSources: readonly string[];
  abstract readonly queue: IQueue;
  abstract readonly deadLetterQueue: IQueue;
  abstract readonly ruleDeadLetterQueue: IQueue;
  abstract readonly scheduleGroupName: string;
  abstract readonly scheduleRoleArn: string;
  abstract readonly stackName: string;
  abstract readonly keyExportFunctionArn: string | undefined;

  grantCommands(grantee: IGrantable, options: CommandGrantOptions = {}): Grant {
    return grantCommands(this, grantee, options);
  }

  grantExportKeys(grantee: IGrantable): Grant {
    return grantExportKeys(this, grantee);
  }

  grantImportKeys(grantee: IGrantable): Grant {
    return grantImportKeys(this, grantee);
  }

  grantProvision(grantee: IGrantable): Grant {
    return grantProvision(this, grantee);
  }

  grantProvisionByEvent(grantee: IGrantable): Grant {
    return grantProvisionByEvent(this, grantee);
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(this, grantee);
  }

  grantRedrive(grantee: IGrantable): Grant {
    return grantRedrive(this, grantee);
  }

  grantSchedules(grantee: IGrantable): Grant {
    return grantSchedules(this, grantee);
  }

  metricKeyRequests(result: string, options: MetricOptions = {}): Metric {
    return keyRequests(this, result).with(options);
  }

  metricMsksDelivered({ keyDomainId, ...options }: KeyDomainMetricOptions = {}): Metric {
    return senderCount(this, METRIC.msksDelivered, keyDomainOf(keyDomainId)).with(options);
  }

  metricMsksUnverified({ keyDomainId, ...options }: KeyDomainMetricOptions = {}): Metric {
    return senderCount(this, METRIC.msksUnverified, keyDomainOf(keyDomainId)).with(options);
  }

  metricMessagesFailed({ keyDomainId, ...options }: KeyDomainMetricOptions = {}): Metric {
    return senderCount(this, METRIC.messagesFailed, keyDomainOf(keyDomainId)).with(options);
  }

  metricMsksGranted(keyDomainId: string, options: MetricOptions = {}): Metric {
    return msksGranted(this, keyDomainIdOfText(keyDomainId)).with(options);
  }

  metricMessagesSent(options: MetricOptions = {}): Metric {
    return senderCount(this, METRIC.messagesSent).with(options);
  }

  metricVerificationLatency(percentile: number, options: MetricOptions = {}): Metric {
    return verificationLatency(this, percentile).with(options);
  }

  metricRotations(result: string, { keyDomainId, ...options }: KeyDomainMetricOptions = {}): Metric {
    return rotations(this, result, keyDomainOf(keyDomainId)).with(options);
  }

  metricWorkAge(options: MetricOptions = {}): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }

  metricDeadLetters(options: MetricOptions = {}): Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible(options);
  }
}

/** @throws KeysError for what is no Key Domain ID */
function keyDomainOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : keyDomainIdOfText(text);
}
