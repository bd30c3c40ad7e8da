import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environmentOf, KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import type { Settings } from '../settings/index.ts';
import { FUNCTION_BUNDLING } from './bundling.ts';
import { functionRole } from './function-role.ts';
import type { KeyStore } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the Key Request function works with. */
export interface KeyRequestProps {
  readonly settings: Settings;
  readonly keyStore: KeyStore;
  readonly eventBus: IEventBus;
}

/** The Key Request function: one Lambda that answers register, deregister and MSK request. */
export class KeyRequest extends Construct {
  readonly handler: NodejsFunction;
  readonly #role: Role;

  constructor(scope: Construct, id: string, { settings, keyStore, eventBus }: KeyRequestProps) {
    super(scope, id);
    const { reservedConcurrency } = settings.keyRequest;
    const logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    this.#role = functionRole(this, 'Role', logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: Key Request function',
      entry: join(ROOT, 'functions/key-request/index.ts'),
      depsLockFilePath: join(ROOT, 'package-lock.json'),
      projectRoot: ROOT,
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      role: this.#role,
      logGroup,
      bundling: FUNCTION_BUNDLING,
      environment: {
        ...environmentOf(KEY_REQUEST_VARIABLE, {
          tableName: keyStore.table.tableName,
          keyArn: keyStore.encryptionKey.keyArn,
          eventBusName: eventBus.eventBusName,
          nonceSecretArn: keyStore.nonceSecret.secretArn,
          nafFqdn: settings.nafFqdn,
          keyManagementPath: settings.keyManagementPath,
          digestQop: settings.digest.qop.join(','),
          digestAlgorithms: settings.digest.algorithms.join(','),
          nonceLifetimeSeconds: String(settings.digest.nonceLifetimeSeconds),
          uePort: String(settings.delivery.uePort),
        }),
        ...powertoolsEnvironment('keyRequest'),
      },
    });
    keyStore.allowTable(this.#role, [
      'dynamodb:BatchGetItem',
      'dynamodb:UpdateItem',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
    ]);
    keyStore.allowDataKeys(this.#role);
    keyStore.allowNonceSecret(this.#role);
    this.#allow(['events:PutEvents'], eventBus.eventBusArn);
  }

  /**
   * Makes the function trust the edge for a UE's address, and refuse requests that did not come through the
   * edge.
   */
  trustEdge(originSecret: ISecret): void {
    this.handler.addEnvironment(KEY_REQUEST_VARIABLE.originSecretArn, originSecret.secretArn);
    this.#allow(['secretsmanager:GetSecretValue'], originSecret.secretArn);
  }

  #allow(actions: string[], resource: string): void {
    this.#role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}
