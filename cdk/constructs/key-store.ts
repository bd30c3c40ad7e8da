import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** How the key store is kept. */
export interface KeyStoreProps {
  /** Keep table, key and secret when the stack is deleted. */
  readonly retain: boolean;
}

/** The table of keys, the KMS key that encrypts it, and the secret that all Digest nonces are made with. */
export class KeyStore extends Construct {
  readonly table: Table;
  readonly encryptionKey: Key;
  readonly nonceSecret: Secret;

  constructor(scope: Construct, id: string, { retain }: KeyStoreProps) {
    super(scope, id);
    const removalPolicy = retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.encryptionKey = new Key(this, 'EncryptionKey', {
      description: 'BM-SC key store',
      enableKeyRotation: true,
      removalPolicy,
    });
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      deletionProtection: retain,
      removalPolicy,
    });
    this.nonceSecret = new Secret(this, 'NonceSecret', {
      description: 'BM-SC: secret of the Digest nonces',
      encryptionKey: this.encryptionKey,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
  }
}
