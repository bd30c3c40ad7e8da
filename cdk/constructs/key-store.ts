import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
    Validations.of(this.nonceSecret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'A new secret makes open nonces stale, no more: it is changed by hand when it may be known.',
    });
  }

  /**
   * Lets a role do `actions` on the table, and DynamoDB use the key for it. These are statements of the
   * role's own policy, not grants: a grant would write the role into the key's policy, and so make the stack
   * of the key store depend on the role's.
   * @param partitions patterns of partition keys that the actions are confined to; all when left out
   */
  allowTable(role: IRole, actions: readonly string[], partitions?: readonly string[]): void {
    if (partitions === undefined) allow(role, actions, this.table.tableArn);
    else
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: [...actions],
          resources: [this.table.tableArn],
          conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] } },
        }),
      );
    const keyActions = actions.every((action) => READS.includes(action))
      ? KEY_READ
      : [...KEY_READ, ...KEY_WRITE];
    allow(role, keyActions, this.encryptionKey.keyArn, 'dynamodb');
  }

  /**
   * Lets a role open the data keys that MUKs, MRKs and MSKs are sealed under: nothing else has a context with
   * their ID. Roles that write keys may also make data keys.
   */
  allowDataKeys(role: IRole): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.encryptionKey.keyArn],
        conditions: { Null: { 'kms:EncryptionContext:dataKeyId': 'false' } },
      }),
    );
  }

  /**
   * Lets a role make data keys: one that seals keys may find none yet, or one that has sealed as many as it
   * may.
   */
  allowNewDataKeys(role: IRole): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:GenerateDataKeyWithoutPlaintext'],
        resources: [this.encryptionKey.keyArn],
        conditions: { Null: { 'kms:EncryptionContext:dataKeyId': 'false' } },
      }),
    );
  }

  /** Lets a role read the nonce secret. */
  allowNonceSecret(role: IRole): void {
    allow(role, ['secretsmanager:GetSecretValue'], this.nonceSecret.secretArn);
    allow(role, ['kms:Decrypt'], this.encryptionKey.keyArn, 'secretsmanager');
  }
}

const READS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];

/** What DynamoDB does with a table's key in the name of a role that reads, and of one that writes. */
const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** With `service`, only in calls that this AWS service makes for the role. */
function allow(role: IRole, actions: readonly string[], resource: string, service?: string): void {
  const conditions = {
    StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` },
  };
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [resource],
      ...(service === undefined ? {} : { conditions }),
    }),
  );
}
