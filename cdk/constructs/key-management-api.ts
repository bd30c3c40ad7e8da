import { Validations } from 'aws-cdk-lib';
import {
  CfnIntegration,
  CfnStage,
  HttpApi,
  IpAddressType,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';
import { deploymentOf } from './deployment.ts';

/** The function that answers every request. */
export interface KeyManagementApiProps {
  readonly handler: IFunction;
  readonly logDays: RetentionDays;
  readonly limits: Pick<Settings['keyRequest'], 'perSecond' | 'burst'>;
  /** Whether UEs may ask over IPv6, too. */
  readonly ipv6: boolean;
}

/**
 * The HTTP API in front of the Key Request function: stage `$default`, every route to one Lambda. There is no
 * authorizer, for none sees the body that `auth-int` covers, and a 401 of an authorizer would miss the
 * mapping.
 */
export class KeyManagementApi extends Construct {
  readonly api: HttpApi;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { handler, logDays, limits, ipv6 }: KeyManagementApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: deploymentOf(this),
      description: 'BM-SC key management: Key Request function',
      ...(ipv6 ? { ipAddressType: IpAddressType.DUAL_STACK } : {}),
      defaultIntegration: new HttpLambdaIntegration('Integration', handler, {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      }),
    });
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'The function authenticates by Digest auth-int, which covers the body that no authorizer sees.',
    });
    restoreChallenge(this.api);
    const stage = defaultStage(this.api);
    limitRate(stage, limits);
    this.logGroup = new LogGroup(this, 'AccessLogs', { retention: logDays });
    logAccess(stage, this.logGroup);
  }
}

/**
 * The challenge reaches the UE under its own name whatever the gateway does to `WWW-Authenticate` on the way.
 */
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

function defaultStage({ defaultStage }: HttpApi): CfnStage {
  const stage = defaultStage?.node.defaultChild;
  if (!(stage instanceof CfnStage)) throw new Error('the HTTP API has no default stage');
  return stage;
}

/** For all routes together, which are one. */
function limitRate(stage: CfnStage, { perSecond, burst }: KeyManagementApiProps['limits']): void {
  stage.defaultRouteSettings = { throttlingRateLimit: perSecond, throttlingBurstLimit: burst };
}

function logAccess(stage: CfnStage, { logGroupArn }: LogGroup): void {
  // No header stands in it: Authorization names the UE's B-TID.
  const format = {
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    status: '$context.status',
  };
  stage.accessLogSettings = { destinationArn: logGroupArn, format: JSON.stringify(format) };
}
