import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ContainerImage, ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { SettingsInput } from '../settings/index.ts';
import type { KeyStoreBase } from './key-store.ts';

/**
 * What an operator's own stack hands to the BM-SC. A property that says what a setting says too is refused
 * beside that setting.
 */
export interface BmscKeyManagementProps {
  /** @default every setting's own default */
  readonly settings?: SettingsInput;
  /** A whole key store, such as `KeyStore.fromAttributes` gives. @default one of its own */
  readonly keyStore?: KeyStoreBase;
  /** A table that there is, with its `encryptionKey`. @default a new one */
  readonly table?: ITable;
  /** Encrypts the table and what is in it. @default that of the `table`, else a new one */
  readonly encryptionKey?: IKey;
  /** Where the sender stands. @default that of the `cluster`, else a new one */
  readonly vpc?: IVpc;
  /** Which subnets of the `vpc`. @default those that fit the setting `network.ueRouting` */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * The cluster of the sender; without Container Insights `sender.scaling` sees no tasks.
   * @default a new one
   */
  readonly cluster?: ICluster;
  /** Whose events with the source of the BM-SC are its own. @default a new one */
  readonly eventBus?: IEventBus;
  /** What alarms notify; it must admit CloudWatch. @default a new one */
  readonly alarmTopic?: ITopic;
  /** The image of the sender. @default as the setting `sender.image` says */
  readonly senderImage?: ContainerImage;
  /** The image of the Zn service. @default as the setting `keySource.zn.image` says */
  readonly znImage?: ContainerImage;
  /** The image of the traffic key service. @default as the setting `traffic.image` says */
  readonly trafficImage?: ContainerImage;
  /** How long all log groups keep logs. @default as the setting `retention.logDays` says */
  readonly logRetention?: RetentionDays;
  /**
   * What stands before the name of each output; the command line then takes `--stack <stack>/<prefix>`.
   * @default nothing for the first BM-SC of a stack, the path of the construct for others
   */
  readonly outputPrefix?: string;
}
