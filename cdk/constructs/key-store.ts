import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type Settings, SettingsError } from '../settings/index.ts';

/** How the key store is kept, and what of it there is already. */
export interface KeyStoreProps {
  /** Keep table, key and secret when the stack is deleted. */
  readonly retain: boolean;
  /**
   * A table that there is, such as a retained or a restored one. Its keys are `pk` and `sk`, both text.
   * @default a new one
   */
  readonly table?: ITable | undefined;
  /**
   * Encrypts the table and wraps the data keys that stand in it: with a `table`, the one that it has had.
   * The key's policy must let the account's IAM policies decide.
   * @default that of the `table`, else a new one
   */
  readonly encryptionKey?: IKey | undefined;
}

/** A key store that stands already, in another stack or app. */
export interface KeyStoreAttributes {
  readonly table: ITable;
  readonly encryptionKey: IKey;
  readonly nonceSecret: ISecret;
}

/**
 * The table of keys, the KMS key that encrypts it, and the secret that all Digest nonces are made with.
 *
 * What lets a role use them are statements of the role's own policy, not grants of table and key: these would
 * write the role into the key's policy, and so make the stack of the key store depend on the role's.
 */
export abstract class KeyStoreBase extends Construct {
  abstract readonly table: ITable;
  abstract readonly encryptionKey: IKey;
  abstract readonly nonceSecret: ISecret;

  /**
   * Lets a role do `actions` on the table, and DynamoDB use the key for it.
   * @param partitions patterns of partition keys that the actions are confined to; all when left out
   */
  allowTable(grantee: IGrantable, actions: readonly string[], partitions?: readonly string[]): Grant {
    const keyActions = actions.every((action) => READS.includes(action))
      ? KEY_READ
      : [...KEY_READ, ...KEY_WRITE];
    const { table, encryptionKey } = this;
    return allow(grantee, actions, table.tableArn, {
      ...(partitions && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] } }),
    }).combine(allow(grantee, keyActions, (table.encryptionKey ?? encryptionKey).keyArn, via('dynamodb')));
  }

  /**
   * Lets a role open the data keys that MUKs, MRKs and MSKs are sealed under: nothing else has a context with
   * their ID. Roles that write keys may also make data keys.
   */
  allowDataKeys(grantee: IGrantable): Grant {
    return allow(grantee, ['kms:Decrypt'], this.encryptionKey.keyArn, OF_A_DATA_KEY);
  }

  /**
   * Lets a role make data keys: one that seals keys may find none yet, or one that has sealed as many as it
   * may.
   */
  allowNewDataKeys(grantee: IGrantable): Grant {
    const actions = ['kms:GenerateDataKeyWithoutPlaintext'];
    return allow(grantee, actions, this.encryptionKey.keyArn, OF_A_DATA_KEY);
  }

  /** Lets a role open key material that an operator's system has wrapped for an association. */
  allowWrappedKeys(grantee: IGrantable): Grant {
    return allow(grantee, ['kms:Decrypt'], this.encryptionKey.keyArn, {
      Null: { 'kms:EncryptionContext:bTid': 'false', 'kms:EncryptionContext:impi': 'false' },
    });
  }

  /** Lets a role open MSKs that another network has made and wrapped. */
  allowWrappedMsks(grantee: IGrantable): Grant {
    return allow(grantee, ['kms:Decrypt'], this.encryptionKey.keyArn, {
      Null: { 'kms:EncryptionContext:keyDomainId': 'false', 'kms:EncryptionContext:mskId': 'false' },
    });
  }

  /** Lets a role read the nonce secret. */
  allowNonceSecret(grantee: IGrantable): Grant {
    const { nonceSecret, encryptionKey } = this;
    return allow(grantee, ['secretsmanager:GetSecretValue'], nonceSecret.secretArn).combine(
      allow(grantee, ['kms:Decrypt'], encryptionKey.keyArn, via('secretsmanager')),
    );
  }
}

/** The table and key that the setting `table` names. */
export function tableOfSettings(
  scope: Construct,
  { table }: Settings,
): Pick<KeyStoreProps, 'table' | 'encryptionKey'> {
  if (table === undefined) return {};
  const encryptionKey = Key.fromKeyArn(scope, 'GivenKey', table.encryptionKeyArn);
  const attributes = { tableArn: table.arn, encryptionKey };
  return { table: Table.fromTableAttributes(scope, 'GivenTable', attributes), encryptionKey };
}

/** A key store of this deployment, new or over a table that there is. */
export class KeyStore extends KeyStoreBase {
  /** A key store that stands already: nothing is made. */
  static fromAttributes(scope: Construct, id: string, attributes: KeyStoreAttributes): KeyStoreBase {
    return new ImportedKeyStore(scope, id, attributes);
  }

  readonly table: ITable;
  readonly encryptionKey: IKey;
  readonly nonceSecret: ISecret;

  /** @throws SettingsError when a table comes without its key */
  constructor(scope: Construct, id: string, { retain, table, encryptionKey }: KeyStoreProps) {
    super(scope, id);
    const removalPolicy = retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const key = encryptionKey ?? table?.encryptionKey;
    if (table !== undefined && key === undefined)
      throw new SettingsError(
        'contradicting-props',
        'property "encryptionKey": the key that the given "table" has had; nothing in it can be opened without',
      );
    this.encryptionKey =
      key ??
      new Key(this, 'EncryptionKey', {
        description: 'BM-SC key store',
        enableKeyRotation: true,
        removalPolicy,
      });
    this.table =
      table ??
      new Table(this, 'Table', {
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
}

class ImportedKeyStore extends KeyStoreBase {
  readonly table: ITable;
  readonly encryptionKey: IKey;
  readonly nonceSecret: ISecret;

  constructor(scope: Construct, id: string, { table, encryptionKey, nonceSecret }: KeyStoreAttributes) {
    super(scope, id);
    this.table = table;
    this.encryptionKey = encryptionKey;
    this.nonceSecret = nonceSecret;
  }
}

const READS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'];

/** What DynamoDB does with a table's key in the name of a role that reads, and of one that writes. */
const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const OF_A_DATA_KEY: Conditions = { Null: { 'kms:EncryptionContext:dataKeyId': 'false' } };

/** Only in calls that this AWS service makes for the role. */
const via = (service: string): Conditions => ({
  StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` },
});

function allow(
  grantee: IGrantable,
  actions: readonly string[],
  resourceArn: string,
  conditions: Conditions = {},
): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [resourceArn],
    conditions: { ...conditions },
  });
}
