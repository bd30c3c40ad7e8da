import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as v from 'valibot';
import { environmentOf, KEY_EXPORT_VARIABLE } from '../../functions/environment-variables.ts';
import type { recipientTexts } from '../../functions/key-export/recipients.ts';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { publicWrappingKey, textOfPublicKey } from '../../lib/key-export/recipient.ts';
import { EXPORTED_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import type { Settings } from '../settings/index.ts';
import { codeOf } from './bundling.ts';
import { functionRole } from './function-role.ts';
import { conditionsOfEvents } from './grants.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';

/** The settings of the export. */
export type KeyExportSettings = NonNullable<Settings['keyExport']>;

/** What the export of keys works with. */
export interface KeyExportProps {
  readonly settings: Settings;
  readonly keyExport: KeyExportSettings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
}

/**
 * The export of MSKs and MTKs, wrapped for the recipients of the settings: a Lambda that nothing leads to, so
 * that only IAM lets anybody in.
 */
export class KeyExport extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { settings, keyExport, keyStore, eventBus }: KeyExportProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const role = functionRole(this, 'Role', this.logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: export of keys, wrapped',
      ...codeOf('key-export'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(30),
      role,
      logGroup: this.logGroup,
      environment: {
        ...environmentOf(KEY_EXPORT_VARIABLE, {
          tableName: keyStore.table.tableName,
          keyArn: keyStore.encryptionKey.keyArn,
          eventBusName: eventBus.eventBusName,
          recipients: JSON.stringify(textsOf(keyExport)),
        }),
        ...powertoolsEnvironment(this, 'keyExport'),
      },
    });
    allowHandler(role, keyExport, { keyStore, eventBus });
  }
}

/** The ARN of a function of the stack's account and region, by its name. */
export function arnOfFunction(scope: Construct, functionName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Arn.format(
    { service: 'lambda', resource: 'function', resourceName: functionName, arnFormat },
    Stack.of(scope),
  );
}

/** Lets the function read MSKs and MTKs, encrypt under the recipients' KMS keys, and tell of it. */
function allowHandler(
  role: Role,
  { recipients }: KeyExportSettings,
  { keyStore, eventBus }: Pick<KeyExportProps, 'keyStore' | 'eventBus'>,
): void {
  keyStore.allowTable(role, ['dynamodb:BatchGetItem', 'dynamodb:GetItem'], EXPORTED_PARTITIONS);
  keyStore.allowDataKeys(role);
  role.addToPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus.eventBusArn],
      conditions: conditionsOfEvents([EVENT_SOURCE], ['Keys Exported', 'Key Export Refused']),
    }),
  );
  const kmsKeys = Object.values(recipients).flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []);
  if (kmsKeys.length > 0)
    role.addToPolicy(new PolicyStatement({ actions: ['kms:Encrypt'], resources: [...new Set(kmsKeys)] }));
}

function textsOf({ recipients }: KeyExportSettings): v.InferOutput<typeof recipientTexts> {
  return Object.fromEntries(
    Object.entries(recipients).map(([name, { publicKey, kmsKeyArn, keyGroups }]) => {
      if (publicKey === undefined) return [name, { kmsKeyArn, keyGroups }];
      const wrappingKey = publicWrappingKey(publicKey);
      const text = wrappingKey.kind === 'public-key' ? textOfPublicKey(wrappingKey.key) : undefined;
      return [name, { publicKey: text, keyGroups }];
    }),
  );
}
