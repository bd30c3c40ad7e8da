import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { CfnIntegration, CfnStage, HttpApi, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import type { KeyStore } from './key-store.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the Key Request function works with. */
export interface KeyRequestProps {
  readonly settings: Settings;
  readonly keyStore: KeyStore;
  readonly eventBus: IEventBus;
}

/**
 * The Key Request function: HTTP API, stage `$default`, every route to one Lambda. There is no authorizer,
 * for none sees the body that `auth-int` covers, and a 401 of an authorizer would miss the mapping below.
 */
export class KeyRequest extends Construct {
  readonly apiEndpoint: string;
  readonly handler: NodejsFunction;

  constructor(scope: Construct, id: string, props: KeyRequestProps) {
    super(scope, id);
    const { settings } = props;
    this.handler = this.#createHandler(props);
    const api = new HttpApi(this, 'Api', {
      description: 'BM-SC key management: Key Request function',
      defaultIntegration: new HttpLambdaIntegration('Integration', this.handler, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
    this.apiEndpoint = api.apiEndpoint;
    restoreChallenge(api);
    logAccess(this, api, settings);
  }

  #createHandler({ settings, keyStore, eventBus }: KeyRequestProps): NodejsFunction {
    const handler = new NodejsFunction(this, 'Handler', {
      entry: join(ROOT, 'functions/key-request/index.ts'),
      depsLockFilePath: join(ROOT, 'package-lock.json'),
      projectRoot: ROOT,
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      logGroup: new LogGroup(this, 'Logs', { retention: settings.retention.logDays }),
      bundling: {
        format: OutputFormat.ESM,
        mainFields: ['module', 'main'],
        minify: true,
        logLevel: LogLevel.ERROR,
        sourceMap: false,
        target: 'node24',
        bundleAwsSDK: true,
        // Parts of the bundle that are CommonJS ask for Node's own modules by require.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
      environment: {
        BMSC_TABLE_NAME: keyStore.table.tableName,
        BMSC_EVENT_BUS_NAME: eventBus.eventBusName,
        BMSC_NONCE_SECRET_ARN: keyStore.nonceSecret.secretArn,
        BMSC_NAF_FQDN: settings.nafFqdn,
        BMSC_KEY_MANAGEMENT_PATH: settings.keyManagementPath,
        BMSC_DIGEST_QOP: settings.digest.qop.join(','),
        BMSC_DIGEST_ALGORITHMS: settings.digest.algorithms.join(','),
        BMSC_NONCE_LIFETIME_S: String(settings.digest.nonceLifetimeSeconds),
        BMSC_UE_PORT: String(settings.delivery.uePort),
        POWERTOOLS_SERVICE_NAME: 'key-request',
        POWERTOOLS_METRICS_NAMESPACE: 'BMSC',
        LOG_LEVEL: 'INFO',
      },
    });
    keyStore.table.grant(
      handler,
      'dynamodb:BatchGetItem',
      'dynamodb:UpdateItem',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
    );
    keyStore.encryptionKey.grantEncryptDecrypt(handler);
    // Not grantRead: it would write this role into the key's policy, and so make the stacks depend on each other.
    handler.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [keyStore.nonceSecret.secretArn],
      }),
    );
    eventBus.grantPutEventsTo(handler);
    return handler;
  }
}

/** The challenge reaches the UE under its own name whatever the gateway does to `WWW-Authenticate` on the way. */
function restoreChallenge(api: HttpApi): void {
  for (const child of api.node.findAll()) {
    if (!(child instanceof CfnIntegration)) continue;
    child.responseParameters = {
      '401': {
        ResponseParameters: [
          { Destination: 'overwrite:header.www-authenticate', Source: '$response.header.x-bmsc-challenge' },
        ],
      },
    };
  }
}

function logAccess(scope: Construct, api: HttpApi, { retention }: Settings): void {
  const stage = api.defaultStage?.node.defaultChild;
  if (!(stage instanceof CfnStage)) return;
  const logGroup = new LogGroup(scope, 'AccessLogs', { retention: retention.logDays });
  // No header stands in it: Authorization names the UE's B-TID.
  const format = {
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    status: '$context.status',
  };
  stage.accessLogSettings = { destinationArn: logGroup.logGroupArn, format: JSON.stringify(format) };
}
