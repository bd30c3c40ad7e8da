import { Duration, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { environmentOf, MBS_STATUS_VARIABLE } from '../../functions/environment-variables.ts';
import { MBS_STATUS_PATH } from '../../functions/mbs-status/answer.ts';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { MBS_PARTITIONS } from '../../lib/store/partition-patterns.ts';
import type { Settings } from '../settings/index.ts';
import { guardStage } from './api-stage.ts';
import { codeOf } from './bundling.ts';
import { deploymentOf } from './deployment.ts';
import { functionRole } from './function-role.ts';
import { conditionsOfEvents } from './grants.ts';
import type { KeyStoreBase } from './key-store.ts';
import { powertoolsEnvironment } from './powertools-environment.ts';

/** What notifications are noted in, and told on. */
export interface MbsStatusProps {
  readonly settings: Settings;
  readonly keyStore: KeyStoreBase;
  readonly eventBus: IEventBus;
}

/** Requests a second: an MB-SMF notifies of a session once in its life, or of a broadcast now and then. */
const PER_SECOND = 20;

/**
 * Where an MB-SMF says what becomes of MBS sessions: an HTTP API of one route, apart from that of UEs, and a
 * Lambda that reads and writes what is known of sessions, and no key.
 */
export class MbsStatus extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;
  /** Where notifications come in; the name of a session and a token follow. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: MbsStatusProps) {
    super(scope, id);
    const { settings, keyStore, eventBus } = props;
    this.logGroup = new LogGroup(this, 'Logs', { retention: settings.retention.logDays });
    const role = functionRole(this, 'Role', this.logGroup);
    this.handler = new NodejsFunction(this, 'Handler', {
      description: 'BM-SC key management: status of MBS sessions',
      ...codeOf('mbs-status'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      role,
      logGroup: this.logGroup,
      environment: {
        ...environmentOf(MBS_STATUS_VARIABLE, {
          tableName: keyStore.table.tableName,
          eventBusName: eventBus.eventBusName,
        }),
        ...powertoolsEnvironment(this, 'mbsStatus'),
      },
    });
    allowHandler(role, props);
    const api = this.#createApi(settings);
    this.url = `${api.apiEndpoint}${MBS_STATUS_PATH}`;
  }

  #createApi({ retention }: Settings): HttpApi {
    const api = new HttpApi(this, 'Api', {
      apiName: `${deploymentOf(this)}-mbs-status`,
      description: 'BM-SC key management: status of MBS sessions',
    });
    api.addRoutes({
      path: `${MBS_STATUS_PATH}/{session}/{token}`,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Integration', this.handler, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
    Validations.of(api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'A notification is known by the token of its subscription, which the function compares.',
    });
    const accessLogs = new LogGroup(this, 'AccessLogs', { retention: retention.logDays });
    guardStage(api, { perSecond: PER_SECOND, burst: PER_SECOND }, accessLogs);
    return api;
  }
}

/** Lets the function read and note what is known of sessions, and tell one fact. */
function allowHandler(role: Role, { keyStore, eventBus }: MbsStatusProps): void {
  keyStore.allowTable(role, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], MBS_PARTITIONS);
  role.addToPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus.eventBusArn],
      conditions: conditionsOfEvents([EVENT_SOURCE], ['MBS Session Released']),
    }),
  );
}
